package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/**
 * Measures contenders on tables, each pair once a round. Each round begins with another contender:
 * a machine that grows slower, or files that are there already, favour nobody.
 */
final class Comparison {
  private record Pair(BenchTable table, Contender contender) {}

  private final Meter meter;
  private final TimeLimit limit;
  private final Map<Pair, List<Sample>> samples = new LinkedHashMap<>();

  Comparison(Meter meter, TimeLimit limit) {
    this.meter = meter;
    this.limit = limit;
  }

  List<Result> run(Map<BenchTable, List<Contender>> plan, int rounds)
      throws SQLException, InterruptedException, ExecutionException {
    for (int round = 1; round <= rounds; round++) {
      for (Map.Entry<BenchTable, List<Contender>> each : plan.entrySet()) {
        BenchTable table = each.getKey();
        List<Contender> order = new ArrayList<>(each.getValue());
        order.removeIf(contender -> !contender.supports(table));
        Collections.rotate(order, 1 - round);
        for (Contender contender : order) {
          sample(table, contender, round);
        }
      }
    }
    return samples.entrySet().stream()
        .map(e -> Result.of(e.getKey().table(), e.getKey().contender().name(), e.getValue()))
        .toList();
  }

  private void sample(BenchTable table, Contender contender, int round)
      throws SQLException, InterruptedException, ExecutionException {
    Sample sample = meter.measure(contender, table);
    samples.computeIfAbsent(new Pair(table, contender), pair -> new ArrayList<>()).add(sample);
    if (contender.name().equals(SingleUpdate.NAME)) {
      limit.singleUpdateTook(table, sample.duration());
    }
    System.out.printf(
        Locale.ROOT,
        "round %d, %s, %s: %d rows in %.1f s%n",
        round,
        table.name(),
        contender.name(),
        sample.rows().right(),
        sample.duration().toMillis() / 1e3);
  }
}
