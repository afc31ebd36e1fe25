package dev.backfill.examples.benchmark;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How long the server was at work for each kind of statement, by its log. */
final class StatementTimes {
  /** What each line of the log begins with: the name of the application, then this. */
  static final String PREFIX = "%a~";

  private static final Pattern DURATION =
      Pattern.compile(
          "([^~]*)~LOG: +duration: ([0-9.]+) ms +(parse|bind|execute|statement)[^:]*: (.*)");
  private static final int LONGEST_FORM = 70;

  private StatementTimes() {}

  /** All statements of one form, in one of the steps of the protocol. */
  record Total(String step, String form, long count, double millis) {
    private Total plus(Total other) {
      return new Total(step, form, count + other.count, millis + other.millis);
    }
  }

  /** Of one application, the longest first. A statement of several lines goes by its first one. */
  static List<Total> of(Stream<String> log, String application) {
    Map<String, Total> totals = new HashMap<>();
    log.map(DURATION::matcher)
        .filter(line -> line.matches() && line.group(1).equals(application))
        .map(StatementTimes::single)
        .forEach(total -> totals.merge(total.step + total.form, total, Total::plus));
    return totals.values().stream().sorted((a, b) -> Double.compare(b.millis, a.millis)).toList();
  }

  private static Total single(Matcher line) {
    return new Total(line.group(3), form(line.group(4)), 1, Double.parseDouble(line.group(2)));
  }

  /** Without its literals, so that batches of one kind are the same. */
  private static String form(String statement) {
    String form =
        statement
            .replaceAll("'[^']*'", "?")
            .replaceAll("\\b[0-9]+\\b", "?")
            .replaceAll("\\s+", " ")
            .strip()
            .toLowerCase(Locale.ROOT);
    return form.substring(0, Math.min(form.length(), LONGEST_FORM));
  }
}
