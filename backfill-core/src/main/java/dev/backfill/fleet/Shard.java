package dev.backfill.fleet;

import dev.backfill.BackfillDefinition;
import dev.backfill.BackfillRun;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.RunFailedException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One database of a fleet: where it is, its run, and how that ended. */
final class Shard {
  private static final Logger LOG = LoggerFactory.getLogger(Shard.class);

  private final String name;
  private final DataSource dataSource;
  private final BackfillDefinition definition;
  private final FleetControl control;
  private ShardState state = ShardState.WAITING;
  private @Nullable BackfillRun run;
  private @Nullable BackfillResult result;
  private @Nullable BackfillException failure;
  private boolean paused;
  private boolean stopped;

  Shard(String name, DataSource dataSource, BackfillDefinition definition, FleetControl control) {
    this.name = name;
    this.dataSource = dataSource;
    this.definition = definition;
    this.control = control;
  }

  String name() {
    return name;
  }

  /** The server that it is on; empty when it cannot be reached, which is its end. */
  Optional<Primary> locate() {
    try {
      return Optional.of(Primary.of(dataSource));
    } catch (SQLException | RuntimeException e) {
      failed(
          new RunFailedException(
              "Shard "
                  + name
                  + " could not be reached: "
                  + e.getMessage()
                  + ". The other shards go on. Start the fleet again once it can be: complete shards"
                  + " are passed over.",
              e));
      return Optional.empty();
    }
  }

  /** Runs to its end on this thread; a failure is kept, not thrown. */
  void run() {
    try {
      Optional<BackfillRun> begun = control.awaitTurn() ? begin() : Optional.empty();
      if (begun.isEmpty()) {
        ended(ShardState.STOPPED);
        return;
      }
      ended(begun.get().completion().join());
    } catch (CompletionException e) {
      failed(e.getCause() == null ? e : e.getCause());
    } catch (RuntimeException e) {
      failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ended(ShardState.STOPPED);
    }
  }

  /** Empty when it was stopped since its turn came. */
  private synchronized Optional<BackfillRun> begin() {
    if (stopped) {
      return Optional.empty();
    }
    BackfillRun begun = definition.on(dataSource).start();
    run = begun;
    state = ShardState.RUNNING;
    if (paused) {
      begun.pause();
    }
    return Optional.of(begun);
  }

  private synchronized void ended(BackfillResult end) {
    result = end;
    ended(
        switch (end.state()) {
          case DONE -> ShardState.DONE;
          case AWAITING_APPROVAL -> ShardState.AWAITING_APPROVAL;
          default -> ShardState.STOPPED;
        });
  }

  private synchronized void ended(ShardState end) {
    state = end;
    LOG.info("Shard {}: {}", name, end);
  }

  private synchronized void failed(Throwable cause) {
    BackfillException known =
        cause instanceof BackfillException e
            ? e
            : new RunFailedException(
                "Shard " + name + " failed: " + cause + ". Start the fleet again to go on.", cause);
    state = ShardState.FAILED;
    failure = known;
    LOG.warn("Shard {} failed; the others go on. {}", name, known.getMessage());
  }

  synchronized void pause(boolean wanted) {
    paused = wanted;
    BackfillRun now = run;
    if (now != null) {
      if (wanted) {
        now.pause();
      } else {
        now.resume();
      }
    }
  }

  synchronized void stop() {
    stopped = true;
    BackfillRun now = run;
    if (now != null) {
      now.stop();
    }
  }

  synchronized ShardProgress progress() {
    return new ShardProgress(
        name,
        state,
        Optional.ofNullable(run).map(BackfillRun::progress),
        Optional.ofNullable(failure));
  }

  synchronized Optional<BackfillResult> result() {
    return Optional.ofNullable(result);
  }
}
