/** The same entry, typed by jOOQ tables and fields. */
@NullMarked
package dev.backfill.jooq;

import org.jspecify.annotations.NullMarked;
