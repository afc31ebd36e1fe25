/** The monitor, its signals, the gates and the pacer. */
@NullMarked
package dev.backfill.internal.signal;

import org.jspecify.annotations.NullMarked;
