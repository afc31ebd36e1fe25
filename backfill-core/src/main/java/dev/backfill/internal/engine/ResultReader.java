package dev.backfill.internal.engine;

import dev.backfill.internal.checkpoint.QuarantineStore;
import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.checkpoint.WindowStore;
import dev.backfill.internal.checkpoint.WindowStore.Totals;
import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.Phase;
import dev.backfill.model.RunState;
import dev.backfill.model.Specification;
import java.sql.SQLException;
import java.time.Duration;
import java.util.OptionalDouble;

/** Makes the result of a start from what the database says of the run. */
final class ResultReader {
  private final ControlConnection connection;
  private final WindowStore windows;
  private final QuarantineStore quarantined;
  private final Ticker ticker;
  private final long start;

  ResultReader(ControlConnection connection, Specification spec, Ticker ticker) {
    this.connection = connection;
    this.windows = new WindowStore(spec.options().stateSchema());
    this.quarantined = new QuarantineStore(spec.options().stateSchema());
    this.ticker = ticker;
    this.start = ticker.nanos();
  }

  /**
   * @param end how this start ended, unless the run is done
   */
  BackfillResult of(RunRow run, RunState end, long retries)
      throws SQLException, InterruptedException {
    Totals totals = connection.call(c -> windows.totals(c, run.name()));
    long aside = connection.call(c -> quarantined.count(c, run.name()));
    boolean notNull =
        connection.call(
            c ->
                new Catalog(Jooq.on(c))
                    .columns(run.tableOid()).stream()
                        .anyMatch(col -> col.name().equals(run.columnName()) && col.notNull()));
    return new BackfillResult(
        run.name(),
        run.phase() == Phase.DONE ? RunState.DONE : end,
        run.phase(),
        totals.rows() + run.sweptRows(),
        totals.batches(),
        retries,
        aside,
        totals.rows() == 0
            ? OptionalDouble.empty()
            : OptionalDouble.of((double) totals.hotRows() / totals.rows()),
        run.instant(),
        notNull,
        Duration.ofNanos(ticker.nanos() - start));
  }
}
