package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.postgres.Borrowed;
import dev.backfill.internal.postgres.ServerProbe;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.RetryPolicy;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * Waits until a server is back that was stopped, restarts, fails over or gives out no connections.
 * One for all sessions of a run; an outage is no failure, however long it lasts.
 *
 * <ol>
 *   <li>Whoever loses its session asks the server for a new one, and whether it takes writes: after
 *       a failover the old primary may answer too.
 *   <li>After three answers of no the breaker opens: nobody asks until a pause is over, which grows
 *       up to the policy's longest. Then one asks for all.
 *   <li>Pause, stop and a lost lease are seen meanwhile.
 * </ol>
 */
public final class Outages {
  private static final Duration SLICE = Duration.ofMillis(100);

  private final DataSource dataSource;
  private final RetryPolicy policy;
  private final Control control;
  private final Consumer<BackfillEvent> events;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final CircuitBreaker breaker;
  private final Retries pauses;
  private Optional<Long> lostAt = Optional.empty();
  private String run;

  /**
   * @param run the name by which events tell of it
   */
  public Outages(
      String run,
      DataSource dataSource,
      RetryPolicy policy,
      Control control,
      Consumer<BackfillEvent> events,
      Ticker ticker,
      Sleeper sleeper) {
    this.run = run;
    this.dataSource = dataSource;
    this.policy = policy;
    this.control = control;
    this.events = events;
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.breaker = ServerBreaker.of(policy, ticker);
    this.pauses = Retries.endless(policy);
  }

  /** The run's name, once it is known. */
  public synchronized void named(String name) {
    run = name;
  }

  /** Whether nobody may ask the server at the moment. */
  public boolean open() {
    return breaker.getState() == CircuitBreaker.State.OPEN;
  }

  /** Returns when the server gives out a connection that may write. */
  public void await() throws InterruptedException {
    while (true) {
      control.proceed();
      if (!breaker.tryAcquirePermission()) {
        sleeper.sleep(SLICE);
        continue;
      }
      Optional<SQLException> failure = ask();
      if (failure.isEmpty()) {
        worked();
        return;
      }
      // A pool may hand out a session that ended together with ours: the server may be well.
      if (open() || !SqlStates.sessionEnded(failure.get())) {
        tell(failure.get());
      }
      sleeper.sleep(policy.initialPause());
    }
  }

  private Optional<SQLException> ask() {
    long start = ticker.nanos();
    try (Borrowed borrowed = Borrowed.from(dataSource)) {
      ServerProbe.requireWritable(borrowed.connection());
      breaker.onSuccess(ticker.nanos() - start, TimeUnit.NANOSECONDS);
      return Optional.empty();
    } catch (SQLException e) {
      breaker.onError(ticker.nanos() - start, TimeUnit.NANOSECONDS, e);
      return Optional.of(e);
    } catch (RuntimeException | Error e) {
      breaker.releasePermission();
      throw e;
    }
  }

  /** The pauses of work for which the server has not what it takes, a full disk say. */
  public final class Waits {
    private final Retries.Attempts attempts = pauses.attempts();

    /** Waits a while, longer each time. */
    public void pause(Exception failure) throws InterruptedException {
      tell(failure);
      rest(attempts.failed(failure).orElse(policy.maxPause()));
    }
  }

  public Waits waits() {
    return new Waits();
  }

  /** The sessions that one piece of work loses, which may itself be what ends them. */
  public final class Losses {
    private final Retries.Attempts attempts = new Retries(policy).attempts();

    /**
     * Returns when the server gives out another session, after a pause that grows with each loss.
     *
     * @return false when the work has lost as many as it may
     */
    public boolean await(Exception lost) throws InterruptedException {
      Optional<Duration> pause = attempts.failed(lost);
      if (pause.isEmpty()) {
        return false;
      }
      rest(pause.get());
      Outages.this.await();
      return true;
    }
  }

  public Losses losses() {
    return new Losses();
  }

  private void rest(Duration pause) throws InterruptedException {
    long until = ticker.nanos() + pause.toNanos();
    for (long left = pause.toNanos(); left > 0; left = until - ticker.nanos()) {
      control.proceed();
      sleeper.sleep(Duration.ofNanos(Math.min(left, SLICE.toNanos())));
    }
  }

  private synchronized void tell(Exception failure) {
    if (lostAt.isEmpty()) {
      lostAt = Optional.of(ticker.nanos());
      events.accept(
          new BackfillEvent.ServerLost(
              run,
              Optional.ofNullable(SqlStates.state(failure)),
              String.valueOf(failure.getMessage())));
    }
  }

  /** A batch was committed, or a connection given out: an outage is over if there was one. */
  public synchronized void worked() {
    lostAt.ifPresent(
        since ->
            events.accept(
                new BackfillEvent.ServerBack(run, Duration.ofNanos(ticker.nanos() - since))));
    lostAt = Optional.empty();
  }
}
