/** A copy of a part of the table, and what filling it says of the whole. */
@NullMarked
package dev.backfill.internal.rehearsal;

import org.jspecify.annotations.NullMarked;
