package dev.backfill.examples.benchmark;

import dev.backfill.examples.benchmark.ScaleRun.Mark;
import dev.backfill.examples.benchmark.ScaleRun.Report;
import java.util.ArrayList;
import java.util.List;

/** What each tenth of a table cost. */
record ScaleResult(
    long rows,
    int heapMegabytes,
    int workers,
    double seconds,
    long peakHeapBytes,
    List<Tenth> tenths,
    double lastToFirstTime,
    double lastToFirstServerTime) {
  private static final int PARTS = 10;

  ScaleResult {
    tenths = List.copyOf(tenths);
  }

  /** A part of the table, to the nearest window. */
  record Tenth(long rows, double rowsPerSecond, double serverMicrosPerRow, double walBytesPerRow) {
    static Tenth between(Mark from, Mark to) {
      double rows = Math.max(1, to.rows() - from.rows());
      return new Tenth(
          to.rows() - from.rows(),
          rows * 1e9 / (to.nanos() - from.nanos()),
          (to.serverNanos() - from.serverNanos()) / rows / 1e3,
          (to.walBytes() - from.walBytes()) / rows);
    }
  }

  static ScaleResult of(long rows, int heapMegabytes, int workers, Report report) {
    List<Mark> marks = report.marks();
    Mark start = marks.get(0);
    Mark end = marks.get(marks.size() - 1);
    List<Tenth> tenths = new ArrayList<>();
    Mark from = start;
    for (int part = 1; part <= PARTS; part++) {
      Mark to = nearest(marks, end.rows() * part / PARTS);
      if (to.rows() > from.rows()) {
        tenths.add(Tenth.between(from, to));
        from = to;
      }
    }
    Tenth first = tenths.get(0);
    Tenth last = tenths.get(tenths.size() - 1);
    return new ScaleResult(
        rows,
        heapMegabytes,
        workers,
        (end.nanos() - start.nanos()) / 1e9,
        report.peakHeapBytes(),
        tenths,
        first.rowsPerSecond() / last.rowsPerSecond(),
        last.serverMicrosPerRow() / first.serverMicrosPerRow());
  }

  private static Mark nearest(List<Mark> marks, long rows) {
    Mark best = marks.get(0);
    for (Mark mark : marks) {
      if (Math.abs(mark.rows() - rows) < Math.abs(best.rows() - rows)) {
        best = mark;
      }
    }
    return best;
  }
}
