/** All SQL and no policy: catalog reads, statements, the DDL guard and SQLSTATEs. */
@NullMarked
package dev.backfill.internal.postgres;

import org.jspecify.annotations.NullMarked;
