package dev.backfill.examples.benchmark;

import java.time.Duration;
import java.util.Iterator;

/** What {@code --help} lists. */
final class Names {
  private Names() {}

  static final class OfContenders implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Contenders.all(table -> Duration.ZERO).stream().map(Contender::name).iterator();
    }
  }

  static final class OfTables implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return BenchTables.ALL.stream().map(BenchTable::name).iterator();
    }
  }
}
