package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent.BatchCommitted;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How much of the backfill is done, in WAL rather than in rows: a row of a window's first pass
 * writes whole pages and index entries, one of a later pass is a HOT update. By rows alone, the
 * first pass would look stuck and the others would look done in no time.
 */
final class WorkMeter {
  private static final long HORIZON = Duration.ofSeconds(60).toNanos();
  private static final long APART = Duration.ofMillis(500).toNanos();
  // Bytes a row, until they are measured.
  private static final double FIRST_GUESS = 2_000;
  private static final double LATER_GUESS = 200;

  private record Mark(long nanos, long first, long later) {}

  private final Deque<Mark> marks = new ArrayDeque<>();
  private final Map<Long, Integer> stripes = new HashMap<>();
  private final PassCost firstCost = new PassCost(FIRST_GUESS);
  private final PassCost laterCost = new PassCost(LATER_GUESS);
  private int lastStripes = 1;
  private long first;
  private long later;

  void begin(long now) {
    marks.add(new Mark(now, 0, 0));
  }

  void claimed(long window, int count) {
    stripes.put(window, count);
    lastStripes = count;
  }

  void completed(long window) {
    stripes.remove(window);
  }

  void committed(long now, BatchCommitted batch) {
    if (batch.stripe() == 0 && stripes.getOrDefault(batch.window(), lastStripes) > 1) {
      first += batch.candidates();
      firstCost.measured(batch);
    } else {
      later += batch.candidates();
      laterCost.measured(batch);
    }
    if (now - marks.getLast().nanos() >= APART) {
      marks.addLast(new Mark(now, first, later));
    }
  }

  /** Rows that were gone through. */
  long rows() {
    return first + later;
  }

  /** The share of the work on so many rows that is done; statistics may be older than the rows. */
  double share(long rowsInAll) {
    double all = work(firstOf(rowsInAll), rowsInAll - firstOf(rowsInAll));
    return all <= 0 ? 0 : Math.min(1, work(first, later) / all);
  }

  /** Rows a second over the last minute. */
  double rowsPerSecond(long now) {
    Mark since = since(now);
    return (double) (rows() - since.first() - since.later()) / seconds(since, now);
  }

  /** The time that is left at the last minute's pace; empty while nothing moves. */
  Optional<Duration> remaining(long now, long rowsInAll) {
    Mark since = since(now);
    double perSecond = work(first - since.first(), later - since.later()) / seconds(since, now);
    if (perSecond <= 0) {
      return Optional.empty();
    }
    double left =
        work(
            Math.max(0, firstOf(rowsInAll) - first),
            Math.max(0, rowsInAll - firstOf(rowsInAll) - later));
    return Optional.of(Duration.ofMillis((long) (1000 * left / perSecond)));
  }

  private Mark since(long now) {
    // One mark from before the horizon stays, so that the rate covers all of it.
    while (marks.size() > 1 && now - marks.getFirst().nanos() > HORIZON) {
      marks.removeFirst();
    }
    return marks.getFirst();
  }

  private static double seconds(Mark since, long now) {
    return Math.max(1e-3, (now - since.nanos()) / 1e9);
  }

  private long firstOf(long rows) {
    return lastStripes > 1 ? rows / lastStripes : 0;
  }

  private double work(long firstRows, long laterRows) {
    return (double) firstRows * firstCost.perRow() + (double) laterRows * laterCost.perRow();
  }

  /** Bytes of WAL for each row, on average. */
  private static final class PassCost {
    private final double guess;
    private long rows;
    private long bytes;

    PassCost(double guess) {
      this.guess = guess;
    }

    void measured(BatchCommitted batch) {
      // Zero: not known.
      if (batch.walBytes() > 0) {
        rows += batch.candidates();
        bytes += batch.walBytes();
      }
    }

    double perRow() {
      return rows == 0 || bytes == 0 ? guess : (double) bytes / rows;
    }
  }
}
