/** What a monitoring system is told of the backfills of this process. */
@NullMarked
package dev.backfill.spring.metrics;

import org.jspecify.annotations.NullMarked;
