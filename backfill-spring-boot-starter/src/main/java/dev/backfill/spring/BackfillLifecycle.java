package dev.backfill.spring;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the backfills after everything else and stops them before everything else, so that the
 * lease is back while requests are still served.
 */
final class BackfillLifecycle implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(BackfillLifecycle.class);

  private final BackfillProperties properties;
  private final List<RegisteredBackfill> backfills;
  private final Approvals approvals;
  private final Duration patience;
  private @Nullable Runner runner;

  BackfillLifecycle(
      BackfillProperties properties,
      List<RegisteredBackfill> backfills,
      Approvals approvals,
      Duration patience) {
    this.properties = properties;
    this.backfills = backfills;
    this.approvals = approvals;
    this.patience = patience;
  }

  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }

  @Override
  public void start() {
    Runner started = begin();
    if (backfills.isEmpty() || !properties.enabled()) {
      return;
    }
    switch (properties.startup()) {
      case BACKGROUND -> thread(started::letOthersStart, started::runOnce, started::runApproved);
      case BLOCKING -> {
        guarded(started::runOnce);
        thread(started::runApproved);
      }
      case PLAN -> thread(started::plan);
      case MANUAL -> LOG.info("Backfills wait to be started: backfill.startup is manual");
    }
  }

  private synchronized Runner begin() {
    Runner started = new Runner(backfills, approvals);
    runner = started;
    return started;
  }

  /** A part of a runner's work. */
  private interface Step {
    void run() throws InterruptedException;
  }

  private static void thread(Step... steps) {
    Thread thread =
        new Thread(() -> List.of(steps).forEach(BackfillLifecycle::guarded), "backfill");
    thread.setDaemon(true);
    thread.start();
  }

  private static void guarded(Step step) {
    try {
      step.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("The backfills cannot go on; the next start of the application tries again", e);
    }
  }

  @Override
  public void stop() {
    Runner stopped;
    synchronized (this) {
      stopped = runner;
      runner = null;
    }
    if (stopped != null) {
      guarded(() -> stopped.stop(patience));
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return runner != null;
  }
}
