/** The state schema and everything that reads or writes it. */
@NullMarked
package dev.backfill.internal.checkpoint;

import org.jspecify.annotations.NullMarked;
