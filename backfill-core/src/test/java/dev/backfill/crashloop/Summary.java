package dev.backfill.crashloop;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was struck and survived so far. */
final class Summary {
  private final Map<Strike, Integer> strikes = new EnumMap<>(Strike.class);
  private int rounds;
  private int unharmed;
  private long rows;
  private long resumed;
  private Duration took = Duration.ZERO;

  void add(RoundPlan plan, List<Strike> survived, long resumptions, Duration time) {
    rounds++;
    unharmed += survived.isEmpty() ? 1 : 0;
    rows += plan.rows();
    resumed += resumptions;
    took = took.plus(time);
    survived.forEach(strike -> strikes.merge(strike, 1, Integer::sum));
  }

  int rounds() {
    return rounds;
  }

  /** As a table in Markdown. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("| struck | survived |\n|---|---|\n");
    for (Strike strike : Strike.values()) {
      text.append(
          String.format(
              Locale.ROOT, "| %s | %d |\n", strike.description(), strikes.getOrDefault(strike, 0)));
    }
    return text
        + String.format(
            Locale.ROOT,
            "%d rounds right, %d of them over before anything struck; %d rows, resumed %d times, %d s",
            rounds,
            unharmed,
            rows,
            resumed,
            took.toSeconds());
  }
}
