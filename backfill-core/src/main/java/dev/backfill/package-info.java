/** The entry: describes a backfill, binds it to a database and runs it. */
@NullMarked
package dev.backfill;

import org.jspecify.annotations.NullMarked;
