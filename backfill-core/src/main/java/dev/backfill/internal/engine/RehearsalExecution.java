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
import dev.backfill.internal.postgres.SqlStates;
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
import dev.backfill.model.Rehearsal;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Specification;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");

  private final Specification spec;
  private final DataSource dataSource;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final ScratchSchema schema;
  private final BriefConnections connections;
  private final Control control = RehearsalExecution::proceed;
  private String copy = "no copy was made";
  private boolean left;

  public RehearsalExecution(
      Specification spec, DataSource dataSource, Ticker ticker, Sleeper sleeper) {
    this.spec = spec;
    this.dataSource = dataSource;
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.schema = ScratchSchema.of(spec.options().stateSchema());
    this.connections = new BriefConnections(dataSource);
  }

  private static void proceed() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted during a rehearsal");
    }
  }

  /**
   * @param mostBytes that may be copied
   * @throws BackfillException with what to do next, and what has become of the copy
   * @throws InterruptedException when the thread was interrupted; what has become of the copy is in
   *     its message
   */
  public Rehearsal execute(long mostBytes) throws InterruptedException {
    JooqProbe.require();
    try {
      PoolCheck.require(dataSource, spec.options().workers());
      Prepared prepared = connections.get(c -> Preflight.check(c, spec));
      requireSomethingToRehearse(prepared);
      Target target = prepared.target();
      connections.on(Publications::refuseThoseOfAllTables);
      connections.on(schema::check);
      Leaf leaf =
          target.table().leaves().stream()
              .max(Comparator.comparingLong(Leaf::pages))
              .orElseThrow(() -> nothing("the table has no partition"));
      LeafFigures figures = connections.get(c -> LeafFigures.of(c, leaf));
      Sample sample = Sample.of(figures, mostBytes);
      OrderChoice order = connections.get(c -> OrderChoice.of(c, target, leaf));
      StripeChoice stripes = connections.get(c -> StripeChoice.of(c, target, leaf, order.kind()));
      Act act = new Act(target, figures, order, stripes);
      Prediction unused = act.play(sample.warmUp(figures));
      Prediction prediction = act.play(sample);
      if (left) {
        prediction.note(copy);
      }
      return prediction.rehearsal();
    } catch (InterruptedException e) {
      InterruptedException told =
          new InterruptedException(
              "The thread was interrupted during a rehearsal; the table was only read, and "
                  + copy);
      told.initCause(e);
      throw told;
    } catch (RehearsalFill.FailedOnCopyException e) {
      throw new RunFailedException(
          "The rehearsal of %s.%s failed on its copy, as the run itself may. The table was only read, and %s. On the copy: %s"
              .formatted(spec.table(), spec.column(), copy, e.getMessage()),
          e);
    } catch (BackfillException e) {
      throw left ? new RunFailedException(e.getMessage() + " Besides, " + copy + ".", e) : e;
    } catch (Exception e) {
      throw new RunFailedException(
          "The rehearsal of %s.%s failed: %s. The table was only read, and %s."
              .formatted(spec.table(), spec.column(), SqlStates.message(e), copy),
          e);
    }
  }

  /** Drops the copy, and keeps in mind whether that succeeded. */
  private void drop() {
    // A pool gives an interrupted thread no connection.
    boolean interrupted = Thread.interrupted();
    try {
      connections.on(schema::dropNow);
      left = false;
      copy = "the copy is dropped";
    } catch (SQLException | DataAccessException e) {
      left = true;
      copy =
          "the copy could not be dropped (%s): the next start of a run, rehearsal or abandon drops it, from two minutes on; by hand: %s"
              .formatted(e.getMessage(), schema.dropSql());
      LOG.warn("Of the rehearsal of {}.{} {}", spec.table(), spec.column(), copy, e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
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

    Prediction play(Sample sample) throws Exception {
      connections.on(schema::create);
      try {
        ScratchTable table = new ScratchTable(schema, target.table().name(), figures);
        Outages outages =
            new Outages(
                target.runName(),
                dataSource,
                spec.options().retry(),
                control,
                event -> {},
                ticker,
                sleeper);
        List<Sample.Stretch> read;
        double walPerSecond;
        try (ControlConnection watched = new ControlConnection(dataSource, outages);
            Borrowed own = Borrowed.from(dataSource)) {
          RehearsalCopy making =
              new RehearsalCopy(
                  own.connection(),
                  watched,
                  target,
                  figures,
                  schema,
                  table,
                  control,
                  ticker,
                  sleeper);
          read = making.make(sample);
          walPerSecond = making.walPerSecond();
        }
        Measured measured = fill(table).measure(walPerSecond);
        return new Prediction(target, figures, inHeapOrder(), read, measured);
      } finally {
        drop();
      }
    }

    private RehearsalFill fill(ScratchTable table) {
      return new RehearsalFill(
          RehearsedSpecification.of(
              target, schema.name(), table.name(), order.kind(), stripes.stripes()),
          target.server().major(),
          schema,
          table,
          dataSource,
          connections,
          ticker,
          sleeper);
    }
  }
}
