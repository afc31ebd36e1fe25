package dev.backfill.internal.signal;

import dev.backfill.throttle.Reading;
import dev.backfill.throttle.Signal;
import dev.backfill.throttle.SignalContext;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a signal on a thread of its own: code of the user that throws or hangs stops neither the
 * watch over everything else nor the heartbeat, which shares the connection.
 */
final class BoundedReader {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Signal signal;
  private final Duration patience;
  private final ThreadPoolExecutor thread;
  private volatile @Nullable Thread reader;
  private @Nullable Future<Reading> last;

  BoundedReader(Signal signal) {
    this(signal, PATIENCE);
  }

  BoundedReader(Signal signal, Duration patience) {
    this.signal = signal;
    this.patience = patience;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            2 * PATIENCE.toSeconds(),
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            this::thread);
    // Nobody has to end it: it ends by itself when nothing is read any more.
    thread.allowCoreThreadTimeOut(true);
  }

  private Thread thread(Runnable task) {
    Thread created = new Thread(task, "backfill-signal-" + signal.name());
    created.setDaemon(true);
    reader = created;
    return created;
  }

  /** The signal has not answered, and may not for long. */
  static final class HangsException extends SQLException {
    private static final long serialVersionUID = 1L;

    HangsException(Duration patience) {
      // Without an SQLSTATE, which would tell that the connection was lost by itself.
      super("it has not answered within " + patience.toMillis() + " ms");
    }
  }

  Reading read(SignalContext context) throws SQLException {
    Future<Reading> before = last;
    if (before != null && !before.isDone()) {
      throw new HangsException(patience);
    }
    Future<Reading> reading =
        thread.submit(() -> Objects.requireNonNull(signal.read(context), "read() returned null"));
    last = reading;
    return await(reading, context);
  }

  /** An interrupt is kept for later: the connection is not ours while the signal is at work. */
  private Reading await(Future<Reading> reading, SignalContext context) throws SQLException {
    long deadline = System.nanoTime() + patience.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return reading.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (TimeoutException e) {
      throw cutOff(context);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Whatever it is at, it must not go on with it on the connection of the heartbeat. */
  private SQLException cutOff(SignalContext context) {
    SQLException hangs = new HangsException(patience);
    Thread hanging = reader;
    if (hanging != null) {
      // Not by the future, which would be done then, and the signal would not.
      hanging.interrupt();
    }
    try {
      context.connection().abort(Runnable::run);
    } catch (SQLException e) {
      hangs.addSuppressed(e);
    }
    return hangs;
  }

  private static SQLException failure(@Nullable Throwable cause) {
    return cause instanceof SQLException sql ? sql : new SQLException("it failed: " + cause, cause);
  }
}
