/** The listener and the records of what happened. */
@NullMarked
package dev.backfill.event;

import org.jspecify.annotations.NullMarked;
