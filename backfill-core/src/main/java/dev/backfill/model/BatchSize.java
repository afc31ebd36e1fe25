package dev.backfill.model;

import java.time.Duration;

/** How many rows one transaction fills. */
public sealed interface BatchSize {

  /** Always the same number of rows; halved only while a batch is being retried. */
  record Fixed(int rows) implements BatchSize {
    public Fixed {
      if (rows < 1) {
        throw new IllegalArgumentException("batch: rows must be at least 1, was " + rows);
      }
    }
  }

  /** As many rows as the server fills within the target time. */
  record Adaptive(Duration target) implements BatchSize {
    public Adaptive {
      if (target.toMillis() < 1) {
        throw new IllegalArgumentException("batch: target must be at least 1 ms, was " + target);
      }
    }
  }

  static BatchSize fixed(int rows) {
    return new Fixed(rows);
  }

  static BatchSize adaptive(Duration target) {
    return new Adaptive(target);
  }

  /** Batches of 50 ms server time. */
  static BatchSize adaptive() {
    return new Adaptive(Duration.ofMillis(50));
  }
}
