package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.WindowRow;
import java.sql.SQLException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import javax.sql.DataSource;

/** Runs the workers of a run until every window of every leaf is filled. */
public final class BackfillPhase {
  private final BatchContext context;
  private final DataSource dataSource;
  private final Leaves leaves;
  private final WindowShape shape;

  public BackfillPhase(BatchContext context, DataSource dataSource) {
    this.context = context;
    this.dataSource = dataSource;
    this.leaves = new Leaves(context.target());
    this.shape = new WindowShape(context);
  }

  /**
   * Returns when no window is left to claim or to fill.
   *
   * @throws Exception what ended the first worker that failed; the others end after their batch and
   *     are waited for
   */
  public void run(ThreadFactory threads) throws Exception {
    Queue<WindowRow> unfinished = unfinished();
    // A claim whose commit was not heard of leaves a window without a worker: look until none is
    // left.
    do {
      Queue<WindowRow> left = unfinished;
      WorkerThreads.runAll(
          threads,
          context.workers(),
          number -> new Worker(context, number, dataSource, left, leaves, shape)::run);
      unfinished = unfinished();
    } while (!unfinished.isEmpty());
  }

  private Queue<WindowRow> unfinished() throws SQLException, InterruptedException {
    try (WorkerConnection connection = new WorkerConnection(dataSource)) {
      return new BatchFailures(context)
          .retried(
              connection,
              () ->
                  new ConcurrentLinkedQueue<>(
                      context.windows().unfinished(connection.get(), context.run())));
    }
  }
}
