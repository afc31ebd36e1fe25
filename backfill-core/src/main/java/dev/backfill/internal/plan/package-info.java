/** What a run would do, read from the catalogs and from EXPLAIN, as text and as an object. */
@NullMarked
package dev.backfill.internal.plan;

import org.jspecify.annotations.NullMarked;
