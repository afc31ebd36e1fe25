/** The throttle SPI and the factories of the throttles that come with the library. */
@NullMarked
package dev.backfill.throttle;

import org.jspecify.annotations.NullMarked;
