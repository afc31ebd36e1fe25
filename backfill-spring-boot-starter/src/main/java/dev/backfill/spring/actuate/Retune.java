package dev.backfill.spring.actuate;

import dev.backfill.spring.RegisteredBackfill;
import dev.backfill.throttle.Throttle;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A checked change of a setting: the owner of a run, another process, would only log what it does
 * not know.
 */
record Retune(String setting, double value) {
  private static final String WORKERS = "workers";

  /**
   * @throws IllegalArgumentException with what is wrong and what the settings are
   */
  static Retune of(RegisteredBackfill backfill, @Nullable String setting, @Nullable String value) {
    List<String> known = settings(backfill);
    if (setting == null || setting.isBlank() || value == null || value.isBlank()) {
      throw new IllegalArgumentException(
          "A retune needs a setting and a value, as in {\"setting\": \"workers\", \"value\": 2}. The"
              + " settings of this backfill are "
              + String.join(", ", known)
              + ".");
    }
    if (!known.contains(setting)) {
      throw new IllegalArgumentException(
          "This backfill has no setting "
              + setting
              + ". Its settings are "
              + String.join(", ", known)
              + ".");
    }
    return new Retune(setting, number(setting, value));
  }

  private static List<String> settings(RegisteredBackfill backfill) {
    return Stream.concat(
            Stream.of("rows-per-second", "wal-bytes-per-second", WORKERS),
            backfill.definition().specification().options().throttling().throttles().stream()
                .map(Throttle::name))
        .toList();
  }

  private static double number(String setting, String text) {
    double value;
    try {
      value = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "The value of " + setting + " must be a number above 0, was " + text + ".", e);
    }
    if (!(value > 0) || Double.isInfinite(value) || (setting.equals(WORKERS) && value < 1)) {
      throw new IllegalArgumentException(
          "The value of "
              + setting
              + " must be "
              + (setting.equals(WORKERS) ? "at least 1" : "above 0")
              + ", was "
              + text
              + ".");
    }
    return value;
  }
}
