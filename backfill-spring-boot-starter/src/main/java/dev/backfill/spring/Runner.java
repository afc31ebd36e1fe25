package dev.backfill.spring;

import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.LeaseLostException;
import dev.backfill.spring.RegisteredBackfill.State;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the backfills one after the other, and those again whose contract is approved later; once
 * only.
 */
final class Runner {
  private static final Logger LOG = LoggerFactory.getLogger(Runner.class);
  private static final long LOOK_SECONDS = 2;
  private static final long HEAD_START_SECONDS = 1;

  private final List<RegisteredBackfill> backfills;
  private final Approvals approvals;
  private final CountDownLatch stopping = new CountDownLatch(1);

  Runner(List<RegisteredBackfill> backfills, Approvals approvals) {
    this.backfills = backfills;
    this.approvals = approvals;
  }

  /**
   * The first steps of a run load some thousand classes: the processors are the application's until
   * it is ready.
   */
  void letOthersStart() throws InterruptedException {
    boolean unused = stopping.await(HEAD_START_SECONDS, TimeUnit.SECONDS);
  }

  /** Returns when each has ended for now, or when stopped. */
  void runOnce() throws InterruptedException {
    for (RegisteredBackfill backfill : backfills) {
      run(backfill);
    }
  }

  /** Waits for approvals while there is one to wait for. */
  void runApproved() throws InterruptedException {
    while (backfills.stream().anyMatch(b -> b.state() == State.AWAITING_APPROVAL)) {
      if (stopping.await(LOOK_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
      for (RegisteredBackfill backfill : backfills) {
        if (approved(backfill)) {
          run(backfill);
        }
      }
    }
  }

  private boolean approved(RegisteredBackfill backfill) {
    return backfill.state() == State.AWAITING_APPROVAL
        && backfill
            .result()
            .map(BackfillResult::name)
            .filter(run -> approvals.given(backfill.definition(), run))
            .isPresent();
  }

  private void run(RegisteredBackfill backfill) throws InterruptedException {
    do {
      if (!startUnlessStopping(backfill)) {
        return;
      }
    } while (backfill.awaitEnd() == State.FAILED && isTakenOver(backfill));
    report(backfill);
  }

  /** Whoever took the run over may fail in turn: wait in line again. */
  private boolean isTakenOver(RegisteredBackfill backfill) throws InterruptedException {
    return backfill.failure().filter(LeaseLostException.class::isInstance).isPresent()
        && !stopping.await(LOOK_SECONDS, TimeUnit.SECONDS);
  }

  private synchronized boolean startUnlessStopping(RegisteredBackfill backfill) {
    if (stopping.getCount() == 0) {
      return false;
    }
    try {
      backfill.start();
      return true;
    } catch (BackfillException e) {
      backfill.fail(e);
      report(backfill);
      return false;
    }
  }

  private static void report(RegisteredBackfill backfill) {
    backfill.failure().ifPresent(e -> report(backfill, e));
    backfill
        .result()
        .ifPresent(
            result ->
                LOG.info(
                    "Backfill {} ({}): {}, {} rows",
                    backfill.name(),
                    backfill.origin(),
                    result.state(),
                    result.rows()));
  }

  private static void report(RegisteredBackfill backfill, Throwable failure) {
    if (failure instanceof BackfillException) {
      LOG.error("Backfill {} ({}): {}", backfill.name(), backfill.origin(), failure.getMessage());
      LOG.debug("Backfill {} failed", backfill.name(), failure);
    } else {
      LOG.error("Backfill {} ({}) failed", backfill.name(), backfill.origin(), failure);
    }
  }

  /** Logs what would run. */
  void plan() {
    for (RegisteredBackfill backfill : backfills) {
      if (stopping.getCount() == 0) {
        return;
      }
      try {
        LOG.info("Backfill {} ({}):\n{}", backfill.name(), backfill.origin(), backfill.plan());
      } catch (RuntimeException e) {
        backfill.fail(e);
        report(backfill);
      }
    }
  }

  /**
   * Ends what is at work. Half of the patience is for the batches in flight; those that take longer
   * are cancelled, since otherwise the lease would stay and the backend live on.
   */
  void stop(Duration patience) throws InterruptedException {
    synchronized (this) {
      stopping.countDown();
      backfills.forEach(RegisteredBackfill::requestStop);
    }
    Duration half = patience.dividedBy(2);
    Duration step = half.dividedBy(10);
    for (RegisteredBackfill backfill : backfills) {
      if (backfill.awaitEnd(half)) {
        continue;
      }
      LOG.info(
          "Backfill {}: cancelling the batch that would outlast the shutdown", backfill.name());
      for (int tries = 0; tries < 9; tries++) {
        backfill.cancel();
        if (backfill.awaitEnd(step)) {
          break;
        }
      }
    }
  }
}
