/** Windows, stripes and batches: sizing, retry and quarantine. */
@NullMarked
package dev.backfill.internal.batch;

import org.jspecify.annotations.NullMarked;
