package dev.backfill.internal.engine;

import dev.backfill.internal.batch.Control;
import dev.backfill.internal.batch.OrderChoice;
import dev.backfill.internal.batch.Outages;
import dev.backfill.internal.batch.StripeChoice;
import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.expand.Preflight;
import dev.backfill.internal.expand.Prepared;
import dev.backfill.internal.postgres.Borrowed;
import dev.backfill.internal.postgres.JooqProbe;
import dev.backfill.internal.postgres.Replication;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.rehearsal.LeafFigures;
import dev.backfill.internal.rehearsal.Measured;
import dev.backfill.internal.rehearsal.Prediction;
import dev.backfill.internal.rehearsal.Publications;
import dev.backfill.internal.rehearsal.RehearsedSpecification;
import dev.backfill.internal.rehearsal.Sample;
import dev.backfill.internal.rehearsal.ScratchSchema;
import dev.backfill.internal.rehearsal.ScratchTable;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.Rehearsal;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Specification;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;

/**
 * Says what a run would come to, from filling a copy of a part of its table:
 *
 * <ol>
 *   <li>The preflight of the run itself, and the choices that the run would make.
 *   <li>A small copy is filled and thrown away, so that the JVM is warm.
 *   <li>A larger one is filled by the engine with the same definition, throttle included, and
 *       measured.
 *   <li>What was measured is extrapolated, and pages that are logged whole are added.
 * </ol>
 *
 * The user's table is only read. The copies stand in a schema of their own, dropped in any case.
 */
public final class RehearsalExecution {
  private final Specification spec;
  private final DataSource dataSource;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final ScratchSchema schema;
  private final Control control = RehearsalExecution::proceed;

  public RehearsalExecution(
      Specification spec, DataSource dataSource, Ticker ticker, Sleeper sleeper) {
    this.spec = spec;
    this.dataSource = dataSource;
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.schema = ScratchSchema.of(spec.options().stateSchema());
  }

  private static void proceed() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted during a rehearsal");
    }
  }

  /**
   * @param mostBytes that may be copied
   * @throws BackfillException with what to do next; nothing stays behind
   * @throws InterruptedException when the thread was interrupted; nothing stays behind either
   */
  public Rehearsal execute(long mostBytes) throws InterruptedException {
    JooqProbe.require();
    try {
      PoolCheck.require(dataSource, spec.options().workers());
      Prepared prepared = get(c -> Preflight.check(c, spec));
      requireSomethingToRehearse(prepared);
      Target target = prepared.target();
      on(Publications::refuseThoseOfAllTables);
      on(schema::check);
      Leaf leaf =
          target.table().leaves().stream()
              .max(Comparator.comparingLong(Leaf::pages))
              .orElseThrow(() -> nothing("the table has no partition"));
      LeafFigures figures = get(c -> LeafFigures.of(c, leaf));
      Sample sample = Sample.of(figures, mostBytes);
      OrderChoice order = get(c -> OrderChoice.of(c, target, leaf));
      StripeChoice stripes = get(c -> StripeChoice.of(c, target, leaf, order.kind()));
      Act act = new Act(target, figures, order, stripes);
      Measured unused = act.play(sample.warmUp(figures));
      return new Prediction(target, figures, act.inHeapOrder(), sample, act.play(sample))
          .rehearsal();
    } catch (InterruptedException | BackfillException e) {
      throw e;
    } catch (Exception e) {
      throw new RunFailedException(
          "The rehearsal of %s.%s failed: %s. The table was only read, and the copy is dropped, now or by the next start."
              .formatted(spec.table(), spec.column(), e.getMessage()),
          e);
    }
  }

  private static void requireSomethingToRehearse(Prepared prepared) {
    if (prepared.instant()) {
      throw nothing(
          "the column is added with its value in the catalog, and no row is written."
              + " strategy(batched()) writes them");
    }
    if (prepared.target().table().estimatedRows() < 1) {
      throw nothing("by its statistics the table has no rows; ANALYZE it if it has");
    }
  }

  private static RunFailedException nothing(String why) {
    return new RunFailedException("There is nothing to rehearse: " + why + ".");
  }

  private interface Query<T> {
    T on(Connection connection) throws SQLException;
  }

  private interface Action {
    void on(Connection connection) throws SQLException;
  }

  // Not kept: the run of the copy needs as many connections as the real one.
  private <T> T get(Query<T> query) throws SQLException {
    try (Borrowed borrowed = Borrowed.from(dataSource)) {
      return query.on(borrowed.connection());
    }
  }

  private void on(Action action) throws SQLException {
    try (Borrowed borrowed = Borrowed.from(dataSource)) {
      action.on(borrowed.connection());
    }
  }

  /** The same run, on one copy after the other. */
  private final class Act {
    private final Target target;
    private final LeafFigures figures;
    private final OrderChoice order;
    private final StripeChoice stripes;

    Act(Target target, LeafFigures figures, OrderChoice order, StripeChoice stripes) {
      this.target = target;
      this.figures = figures;
      this.order = order;
      this.stripes = stripes;
    }

    boolean inHeapOrder() {
      return order.kind() == WindowKind.BLOCK
          || figures.inHeapOrder(target.key().columnNames().get(0));
    }

    Measured play(Sample sample) throws Exception {
      on(schema::create);
      Measured measured;
      try {
        ScratchTable table = new ScratchTable(schema, target.table().name(), figures);
        double walPerSecond = copy(table, sample);
        measured = fill(table, walPerSecond);
      } catch (Throwable failure) {
        dropAfter(failure);
        throw failure;
      }
      on(schema::dropNow);
      return measured;
    }

    private void dropAfter(Throwable failure) {
      try {
        on(schema::dropNow);
      } catch (SQLException | DataAccessException second) {
        failure.addSuppressed(second);
      }
    }

    private double copy(ScratchTable table, Sample sample) throws Exception {
      Outages outages =
          new Outages(
              target.runName(),
              dataSource,
              spec.options().retry(),
              control,
              event -> {},
              ticker,
              sleeper);
      try (ControlConnection connection = new ControlConnection(dataSource, outages)) {
        RehearsalCopy copy =
            new RehearsalCopy(connection, target, figures, schema, table, control, ticker, sleeper);
        copy.make(sample);
        return copy.walPerSecond();
      }
    }

    private void run(ScratchTable table, RehearsalClock clock) throws InterruptedException {
      Specification rehearsed =
          RehearsedSpecification.of(
              target, schema.name(), table.name(), order.kind(), stripes.stripes());
      try {
        BackfillResult unused =
            new RunExecution(rehearsed, dataSource, List.of(clock), ticker, sleeper).execute();
      } catch (BackfillException e) {
        throw new RunFailedException(
            "The rehearsal of "
                + target.runName()
                + " failed on its copy, as the run itself may. The table was only read, and the"
                + " copy is dropped. On the copy: "
                + e.getMessage(),
            e);
      }
    }

    private Measured fill(ScratchTable table, double walPerSecond)
        throws SQLException, InterruptedException {
      int major = target.server().major();
      ScratchTable.Size size = get(table::size);
      long checkpoints = get(c -> Replication.checkpoints(c, major));
      long walBefore = get(ScratchTable::position);
      RehearsalClock clock = new RehearsalClock(ticker, this::betweenPhases);
      run(table, clock);
      long wal = get(ScratchTable::position) - walBefore;
      return new Measured(
          size,
          get(table::size).heapBytes(),
          clock.filled(),
          clock.hotRows(),
          clock.windowRows(),
          wal - clock.fillingWal(),
          clock.fillingWal(),
          walPerSecond,
          clock.once(),
          clock.windows(),
          clock.growing(),
          clock.held(),
          get(c -> Replication.checkpoints(c, major)) != checkpoints);
    }

    /**
     * Where the WAL ends; the schema is kept on the way, for when its run's lease is given back.
     */
    private long betweenPhases() {
      try {
        return get(
            c -> {
              schema.renew(c);
              return ScratchTable.position(c);
            });
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
