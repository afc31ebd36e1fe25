package dev.backfill.internal.postgres;

import java.time.Duration;

/** How many blocks are read at a time, so that a reading takes about as long as is wanted. */
public final class ChunkSize {
  private static final long MOST = 100_000;
  private static final double GROWTH = 4;

  private final Duration target;
  private long blocks;

  public ChunkSize(Duration target, long first) {
    this.target = target;
    this.blocks = first;
  }

  public long blocks() {
    return blocks;
  }

  /** Learns from a reading of so many blocks. */
  public void took(long read, Duration time) {
    double fitting = (double) read * target.toNanos() / Math.max(1, time.toNanos());
    blocks = (long) Math.max(1, Math.min(MOST, Math.min(fitting, read * GROWTH)));
  }

  /** Halves a reading that did not come to its end. */
  public void failed(long read) {
    blocks = Math.max(1, read / 2);
  }
}
