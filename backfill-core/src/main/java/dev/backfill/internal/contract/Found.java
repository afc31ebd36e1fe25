package dev.backfill.internal.contract;

import dev.backfill.internal.contract.NullProof.BlockRange;

/**
 * Rows without a value.
 *
 * @param fillable how many of them the run fills
 * @param outside how many are outside of where(...), which the run does not fill
 */
record Found(BlockRange range, long fillable, long outside) {}
