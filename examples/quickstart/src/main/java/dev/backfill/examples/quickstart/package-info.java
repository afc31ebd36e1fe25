/** A backfill from a fresh clone, on an embedded PostgreSQL. */
@NullMarked
package dev.backfill.examples.quickstart;

import org.jspecify.annotations.NullMarked;
