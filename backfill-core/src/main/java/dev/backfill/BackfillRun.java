package dev.backfill;

import dev.backfill.internal.engine.RunExecution;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.Progress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A run that was started in the background. Thread-safe. */
public final class BackfillRun implements AutoCloseable {
  private final RunExecution execution;
  private final CompletableFuture<BackfillResult> completion = new CompletableFuture<>();

  private BackfillRun(RunExecution execution) {
    this.execution = execution;
  }

  static BackfillRun start(String table, RunExecution execution, Databases database) {
    BackfillRun run = new BackfillRun(execution);
    Thread thread = new Thread(() -> run.execute(database), "backfill-" + table);
    thread.setDaemon(true);
    thread.start();
    return run;
  }

  private void execute(Databases database) {
    BackfillResult result;
    try (database) {
      result = execution.execute();
    } catch (Throwable failure) {
      completion.completeExceptionally(failure);
      return;
    }
    completion.complete(result);
  }

  /** How far the run is, from its own counts: cheap, asks no database. */
  public Progress progress() {
    return execution.progress();
  }

  /** Holds the run after the batches in flight; it keeps its lease. */
  public void pause() {
    execution.pause();
  }

  /** Goes on after {@link #pause()}. */
  public void resume() {
    execution.resume();
  }

  /** Ends the run cleanly after the batches in flight; it can be resumed by another start. */
  public void stop() {
    execution.stop();
  }

  /**
   * Changes a limit, a cap or the number of workers while the run is at work, within about a
   * second; later starts of the run have it too.
   *
   * @param setting the name of one of its throttles ({@code replication-lag} in seconds, {@code
   *     lock-waits}), {@code rows-per-second}, {@code wal-bytes-per-second} or {@code workers}
   * @param value above 0
   * @throws IllegalArgumentException when it has no such setting
   * @throws IllegalStateException when it has ended
   */
  public void retune(String setting, double value) {
    execution.retune(setting, value);
  }

  /** Completes with the result, or with the {@link BackfillException} that ended the run. */
  public CompletableFuture<BackfillResult> completion() {
    return completion.copy();
  }

  /**
   * Waits for the end of the run.
   *
   * @return the result, empty when the run is still at work after that time
   * @throws BackfillException when the run ended by it
   */
  public Optional<BackfillResult> await(Duration patience) throws InterruptedException {
    try {
      return Optional.of(completion.get(patience.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw unwrapped(e);
    }
  }

  private static RuntimeException unwrapped(Exception e) {
    return e.getCause() instanceof RuntimeException cause ? cause : new CompletionException(e);
  }

  /** Stops the run and waits until it has given its lease back. */
  @Override
  public void close() {
    stop();
    // What ended it stands in completion(); closing is not the place to hear of it again.
    completion.handle((result, error) -> true).join();
  }
}
