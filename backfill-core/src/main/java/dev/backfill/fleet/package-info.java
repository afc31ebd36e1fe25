/** The same backfill on many databases: shards, each with a run of its own. */
@NullMarked
package dev.backfill.fleet;

import org.jspecify.annotations.NullMarked;
