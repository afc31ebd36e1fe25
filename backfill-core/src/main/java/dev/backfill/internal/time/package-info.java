/** The two things that tests must be able to replace: reading a clock and waiting. */
@NullMarked
package dev.backfill.internal.time;

import org.jspecify.annotations.NullMarked;
