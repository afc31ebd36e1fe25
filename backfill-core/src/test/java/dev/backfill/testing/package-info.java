/** What tests on a real PostgreSQL share: a server, databases, traffic with an oracle, crashes. */
package dev.backfill.testing;
