/** How a backfill compares with a single UPDATE. */
@NullMarked
package dev.backfill.examples.benchmark;

import org.jspecify.annotations.NullMarked;
