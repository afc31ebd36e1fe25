package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.WindowRow;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.RunFailedException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Fills windows until none is left: first those that an earlier owner left unfinished, then new
 * ones.
 */
final class Worker {
  private final BatchContext context;
  private final int number;
  private final DataSource dataSource;
  private final Queue<WindowRow> unfinished;
  private final Leaves leaves;
  private final WindowShape shape;
  private final WindowFiller filler;
  private final WindowClaimer claimer;
  private final BatchFailures failures;

  Worker(
      BatchContext context,
      int number,
      DataSource dataSource,
      Queue<WindowRow> unfinished,
      Leaves leaves,
      WindowShape shape) {
    this.context = context;
    this.number = number;
    this.dataSource = dataSource;
    this.unfinished = unfinished;
    this.leaves = leaves;
    this.shape = shape;
    this.filler = new WindowFiller(context);
    this.claimer = new WindowClaimer(context, leaves, shape);
    this.failures = new BatchFailures(context);
  }

  /** Whether nothing is left to fill; false when this worker is no longer wanted. */
  boolean run() throws SQLException, InterruptedException {
    while (number == 0 || number < context.workers().getAsInt()) {
      // Given back between windows: a pool may want to retire or to check it.
      try (WorkerConnection connection = new WorkerConnection(dataSource)) {
        WindowRow left = unfinished.poll();
        boolean more = left != null ? resume(connection, left) : fillNext(connection);
        if (!more) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean resume(WorkerConnection connection, WindowRow left)
      throws SQLException, InterruptedException {
    WindowRow window = failures.readBack(connection, left);
    Optional<Leaf> leaf =
        failures.retried(connection, () -> leaves.find(connection.get(), window.leaf()));
    if (leaf.isPresent()) {
      fill(connection, leaf.get(), window, null).ifPresent(this::completed);
    } else {
      close(connection, window);
    }
    return true;
  }

  /** The window done; empty when its leaf went in the middle of it. */
  private Optional<WindowRow> fill(
      WorkerConnection connection, Leaf leaf, WindowRow window, @Nullable Marks marks)
      throws SQLException, InterruptedException {
    try {
      return Optional.of(filler.fill(connection, leaf, window, marks));
    } catch (RunFailedException e) {
      boolean gone =
          SqlStates.UNDEFINED_TABLE.equals(SqlStates.state(e))
              && failures
                  .retried(connection, () -> leaves.find(connection.get(), leaf.oid()))
                  .isEmpty();
      if (!gone) {
        throw e;
      }
      close(connection, window);
      return Optional.empty();
    }
  }

  /** Its leaf was detached or dropped in mid-run: its rows are no longer the table's. */
  private void close(WorkerConnection connection, WindowRow window)
      throws SQLException, InterruptedException {
    failures.retried(
        connection,
        () -> {
          context.windows().close(connection.get(), context.lease(), window.number());
          return true;
        });
    context
        .events()
        .accept(new BackfillEvent.WindowCompleted(context.run(), window.number(), 0, 0));
  }

  private boolean fillNext(WorkerConnection connection) throws SQLException, InterruptedException {
    Optional<WindowClaimer.Claim> claim =
        failures.retried(connection, () -> claimer.next(connection.get()));
    if (claim.isEmpty()) {
      return false;
    }
    WindowClaimer.Claim mine = claim.get();
    long start = context.ticker().nanos();
    Optional<WindowRow> done = fill(connection, mine.leaf(), mine.window(), mine.marks());
    if (done.isPresent()) {
      Duration took = Duration.ofNanos(context.ticker().nanos() - start);
      failures.retried(
          connection,
          () -> {
            shape.filled(connection.get(), mine.leaf(), done.get(), mine.rows(), took);
            return true;
          });
      completed(done.get());
    }
    return true;
  }

  private void completed(WindowRow window) {
    double share = window.rows() == 0 ? 0 : (double) window.hotRows() / window.rows();
    context
        .events()
        .accept(
            new BackfillEvent.WindowCompleted(
                context.run(), window.number(), window.rows(), share));
  }
}
