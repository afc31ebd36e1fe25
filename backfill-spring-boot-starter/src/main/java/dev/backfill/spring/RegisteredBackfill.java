package dev.backfill.spring;

import dev.backfill.BackfillDefinition;
import dev.backfill.BackfillRun;
import dev.backfill.model.BackfillPlan;
import dev.backfill.model.BackfillResult;
import dev.backfill.spring.pool.ConnectionSource;
import dev.backfill.spring.pool.RunConnections;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A definition of this application, and what became of it in this process. Thread-safe. */
public final class RegisteredBackfill {
  /** How far this process is with it; what other processes do stands in the database. */
  public enum State {
    /** Not started here, or only planned. */
    PENDING,
    /** At work here, or waiting for the process that is. */
    RUNNING,
    /** Ended cleanly before the end; the next start goes on. */
    STOPPED,
    /** Every row is filled; NOT NULL waits for approval. */
    AWAITING_APPROVAL,
    /** Complete. */
    DONE,
    /** Given up by an operator; the next start begins anew. */
    ABANDONED,
    /** Ended by an error; see {@link RegisteredBackfill#failure()}. */
    FAILED
  }

  private final String name;
  private final String origin;
  private final BackfillDefinition definition;
  private final boolean enabled;
  private final ConnectionSource connections;

  private State state = State.PENDING;
  private @Nullable Throwable failure;
  private @Nullable BackfillResult result;
  private @Nullable BackfillRun run;
  private @Nullable RunConnections opened;
  private CompletableFuture<State> end = CompletableFuture.completedFuture(State.PENDING);

  RegisteredBackfill(
      String name,
      String origin,
      BackfillDefinition definition,
      boolean enabled,
      ConnectionSource connections) {
    this.name = name;
    this.origin = origin;
    this.definition = definition;
    this.enabled = enabled;
    this.connections = connections;
  }

  /** The bean's name, or the one under {@code backfill.definitions}. */
  public String name() {
    return name;
  }

  /** Where it is defined, for messages: {@code bean 'orderStatus'}. */
  public String origin() {
    return origin;
  }

  public BackfillDefinition definition() {
    return definition;
  }

  public synchronized State state() {
    return state;
  }

  /** Why it failed; empty unless it did. */
  public synchronized Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /** What its last start came to; empty before that, or when it failed. */
  public synchronized Optional<BackfillResult> result() {
    return Optional.ofNullable(result);
  }

  /** The handle of the run; empty unless it is running here. */
  public synchronized Optional<BackfillRun> run() {
    return state == State.RUNNING ? Optional.ofNullable(run) : Optional.empty();
  }

  /**
   * Starts it, or goes on with it, on a daemon thread; returns the run that is at work if one is.
   *
   * @throws IllegalStateException with {@code backfill.enabled=false}
   */
  public synchronized BackfillRun start() {
    if (!enabled) {
      throw new IllegalStateException(
          "Backfill " + name + " was not started: backfill.enabled is false. Set it to true.");
    }
    BackfillRun current = run;
    if (state == State.RUNNING && current != null) {
      return current;
    }
    RunConnections ours = connections.open(name, definition.specification().options().workers());
    BackfillRun started = Linked.call(() -> definition.on(ours.dataSource()).start());
    run = started;
    opened = ours;
    state = State.RUNNING;
    failure = null;
    result = null;
    end = started.completion().handle((done, error) -> ended(ours, done, error));
    return started;
  }

  /** Says what would run. Reads only. */
  public BackfillPlan plan() {
    try (RunConnections ours = connections.open(name, 1)) {
      return Linked.call(() -> definition.on(ours.dataSource()).plan());
    }
  }

  private State ended(
      RunConnections ours, @Nullable BackfillResult done, @Nullable Throwable error) {
    ours.close();
    synchronized (this) {
      opened = null;
      run = null;
      if (done != null) {
        result = done;
        state =
            switch (done.state()) {
              case DONE -> State.DONE;
              case AWAITING_APPROVAL -> State.AWAITING_APPROVAL;
              case ABANDONED -> State.ABANDONED;
              default -> State.STOPPED;
            };
      } else {
        fail(
            error instanceof CompletionException && error.getCause() != null
                ? error.getCause()
                : error);
      }
      return state;
    }
  }

  synchronized void fail(@Nullable Throwable error) {
    failure = error;
    state = State.FAILED;
  }

  /** Waits for the end of the start that is at work, if one is. */
  State awaitEnd() throws InterruptedException {
    try {
      return end().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private synchronized CompletableFuture<State> end() {
    return end;
  }

  /** Whether it ended within that time. */
  boolean awaitEnd(Duration patience) throws InterruptedException {
    try {
      State unused = end().get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  synchronized void requestStop() {
    if (run != null) {
      run.stop();
    }
  }

  /** Cancels the statements in flight: batches are rolled back, and the run ends by its stop. */
  void cancel() {
    RunConnections ours;
    synchronized (this) {
      ours = opened;
    }
    if (ours != null) {
      ours.cancelStatements();
    }
  }
}
