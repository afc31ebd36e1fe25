/** The new column and the cover of new rows. */
@NullMarked
package dev.backfill.internal.expand;

import org.jspecify.annotations.NullMarked;
