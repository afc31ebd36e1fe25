/** Compares the rows with what their definition yields. */
@NullMarked
package dev.backfill.internal.verify;

import org.jspecify.annotations.NullMarked;
