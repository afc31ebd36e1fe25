package dev.backfill.internal.engine;

import dev.backfill.model.RunFailedException;
import dev.backfill.model.Specification;
import dev.backfill.throttle.Throttle;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/**
 * Takes the settings that the handle of a run is asked to change. They are written into the run's
 * row, over its control connection, and so are in effect in later starts too; what is asked before
 * the run has its row is kept until then.
 */
final class Retuning {
  private final List<String> known;
  private final Map<String, Double> kept = new LinkedHashMap<>();
  private @Nullable Row row;
  private boolean ended;

  /** The run's row. */
  @FunctionalInterface
  interface Row {
    void set(String setting, double value) throws SQLException, InterruptedException;
  }

  Retuning(Specification spec) {
    this.known =
        Stream.concat(
                Stream.of("rows-per-second", "wal-bytes-per-second", "workers"),
                spec.options().throttling().throttles().stream().map(Throttle::name))
            .toList();
  }

  /** The run has its row now. */
  synchronized void begin(Row runsRow) throws SQLException, InterruptedException {
    row = runsRow;
    for (Map.Entry<String, Double> asked : kept.entrySet()) {
      runsRow.set(asked.getKey(), asked.getValue());
    }
    kept.clear();
  }

  synchronized void end() {
    ended = true;
  }

  synchronized void ask(String setting, double value) {
    if (!known.contains(setting)) {
      throw new IllegalArgumentException(
          "retune: this run has no setting " + setting + "; it has " + String.join(", ", known));
    }
    requireAboveZero(setting, value);
    if (ended) {
      throw new IllegalStateException("retune: this run has ended");
    }
    Row target = row;
    if (target == null) {
      kept.put(setting, value);
      return;
    }
    try {
      target.set(setting, value);
    } catch (SQLException | DataAccessException e) {
      throw new RunFailedException(
          "Setting " + setting + " was not changed: " + e.getMessage() + ". Try again.", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailedException(
          "Setting " + setting + " was not changed: the thread was interrupted.", e);
    }
  }

  static void requireAboveZero(String setting, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          "retune: the value of " + setting + " must be above 0, was " + value);
    }
  }
}
