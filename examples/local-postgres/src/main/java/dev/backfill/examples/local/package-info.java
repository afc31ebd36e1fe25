/** Real PostgreSQL processes on this machine: servers, streaming standbys, slow links. */
@NullMarked
package dev.backfill.examples.local;

import org.jspecify.annotations.NullMarked;
