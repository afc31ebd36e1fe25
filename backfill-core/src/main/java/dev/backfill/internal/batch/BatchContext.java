package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.WindowStore;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.signal.Pace;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Options;
import java.util.function.Consumer;

/** What every part of the backfill of one run shares. */
public record BatchContext(
    Target target,
    String run,
    long epoch,
    WindowStore windows,
    Control control,
    Pace pace,
    Consumer<BackfillEvent> events,
    Ticker ticker,
    Sleeper sleeper) {

  Options options() {
    return target.spec().options();
  }
}
