package dev.backfill.internal.verify;

import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.VerificationStore;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.signal.Pace;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import java.time.Duration;

/**
 * A verification that this process owns.
 *
 * @param control is asked between two chunks; throws to end the work
 */
public record VerificationWork(
    Target target,
    Lease lease,
    Duration leaseDuration,
    VerificationStore store,
    ShortReads.BeforeChunk control,
    Pace pace,
    Ticker ticker,
    Sleeper sleeper) {

  String run() {
    return target.runName();
  }
}
