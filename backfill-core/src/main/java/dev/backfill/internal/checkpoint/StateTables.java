package dev.backfill.internal.checkpoint;

import dev.backfill.internal.postgres.Identifiers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** The quoted names of the state tables, and the conversions that their readers share. */
record StateTables(
    String run,
    String window,
    String event,
    String verification,
    String difference,
    String quarantine) {

  static StateTables in(String schema) {
    return new StateTables(
        Identifiers.quote(schema, "run"),
        Identifiers.quote(schema, "run_window"),
        Identifiers.quote(schema, "event"),
        Identifiers.quote(schema, "verification"),
        Identifiers.quote(schema, "difference"),
        Identifiers.quote(schema, "quarantine"));
  }

  static String @Nullable [] array(Optional<List<String>> key) {
    return key.map(k -> k.toArray(new String[0])).orElse(null);
  }

  static Optional<List<String>> key(Record row, String column) {
    String @Nullable [] value = row.get(column, String[].class);
    return Optional.ofNullable(value).map(Arrays::asList);
  }

  static <T> Optional<T> optional(Record row, String column, Class<T> type) {
    @Nullable T value = row.get(column, type);
    return Optional.ofNullable(value);
  }

  /** An interval in a unit that every driver and pooler carries alike. */
  static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
