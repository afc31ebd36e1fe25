/** What Actuator shows of the backfills, and lets operators do. */
@NullMarked
package dev.backfill.spring.actuate;

import org.jspecify.annotations.NullMarked;
