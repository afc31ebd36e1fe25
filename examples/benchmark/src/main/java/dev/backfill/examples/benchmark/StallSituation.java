package dev.backfill.examples.benchmark;

import java.time.Duration;
import java.util.List;

/**
 * Who is at a table while it gets a column.
 *
 * @param clients sessions that read and update it
 * @param rest of each of them after a statement
 * @param reader for how long somebody holds it who has read one row; zero for nobody
 * @param vacuum whether an autovacuum worker is at it
 */
record StallSituation(String name, int clients, Duration rest, Duration reader, boolean vacuum) {
  private static final Duration SHORT = Duration.ofSeconds(10);
  private static final Duration REST = Duration.ofMillis(10);

  static List<StallSituation> all(Duration reader) {
    return List.of(
        new StallSituation("reader", 12, REST, reader, false),
        new StallSituation("busy", 12, Duration.ZERO, Duration.ZERO, false),
        new StallSituation("autovacuum", 12, REST, Duration.ZERO, true));
  }

  /** For those whose clients all wait until the reader is gone. */
  StallSituation brief() {
    return new StallSituation(
        name, clients, rest, reader.compareTo(SHORT) < 0 ? reader : SHORT, vacuum);
  }
}
