/** A small application with a table that gets a column while requests are served. */
@NullMarked
package dev.backfill.examples.orders;

import org.jspecify.annotations.NullMarked;
