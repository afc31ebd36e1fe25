/** The connections that a run has, and how many of the application's it may take. */
@NullMarked
package dev.backfill.spring.pool;

import org.jspecify.annotations.NullMarked;
