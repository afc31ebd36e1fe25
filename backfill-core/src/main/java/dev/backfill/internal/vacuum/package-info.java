/** Dead rows that a run leaves: when they are worth a vacuum, and who does it. */
@NullMarked
package dev.backfill.internal.vacuum;

import org.jspecify.annotations.NullMarked;
