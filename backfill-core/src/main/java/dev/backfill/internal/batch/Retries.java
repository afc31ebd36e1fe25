package dev.backfill.internal.batch;

import dev.backfill.model.RetryPolicy;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.Optional;

/** How often and after which pause a batch is tried again. */
final class Retries {
  private static final double FACTOR = 2.0;
  private static final double JITTER = 0.5;

  private final Retry retry;

  Retries(RetryPolicy policy) {
    this(policy, policy.maxAttempts());
  }

  /** For what does not depend on the batch. */
  static Retries endless(RetryPolicy policy) {
    return new Retries(policy, Integer.MAX_VALUE);
  }

  private Retries(RetryPolicy policy, int maxAttempts) {
    this.retry =
        Retry.of(
            "batch",
            RetryConfig.custom()
                .maxAttempts(maxAttempts)
                .intervalFunction(
                    IntervalFunction.ofExponentialRandomBackoff(
                        policy.initialPause(), FACTOR, JITTER, policy.maxPause()))
                .build());
  }

  /** The attempts of one batch; forgotten when it commits. */
  final class Attempts {
    // The asynchronous context computes the pause and leaves the waiting to us; the blocking one
    // sleeps through a function that is global to the JVM.
    private final Retry.AsyncContext<Object> context = retry.asyncContext();

    /** The pause before the next attempt, empty when there is none left. */
    Optional<Duration> failed(Throwable failure) {
      long millis = context.onError(failure);
      return millis < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
    }
  }

  Attempts attempts() {
    return new Attempts();
  }
}
