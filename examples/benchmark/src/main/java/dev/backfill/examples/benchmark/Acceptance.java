package dev.backfill.examples.benchmark;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the library has to reach, and the measurements that tell. */
final class Acceptance {
  private static final String ONE = "library-1";
  private static final String TWO = "library-2";
  private static final String ONE_PASS = "library-1-no-stripes";
  private static final List<String> JOBS =
      List.of(SpringBatch.name(1_000), SpringBatch.name(10_000));

  /** That the library is so many times as fast as each. */
  private static final double SPRING_BATCH = 5;

  private static final double PLPGSQL = 0.95;

  private static final Map<BenchTable, Set<String>> CONTENDERS = new LinkedHashMap<>();
  private static final List<Criterion> CRITERIA = new ArrayList<>();

  static {
    Set<String> all =
        new HashSet<>(Set.of(SingleUpdate.NAME, Contenders.PLPGSQL_STRIPES, ONE, TWO));
    all.addAll(JOBS);
    CONTENDERS.put(BenchTables.THREE_INDEXES, all);
    beside(BenchTables.THREE_INDEXES, 1.8, 3.5, 0.60, 1.27);
    for (String job : JOBS) {
      CRITERIA.add(Criterion.faster(BenchTables.THREE_INDEXES, ONE, job, SPRING_BATCH));
    }
    CRITERIA.add(
        Criterion.faster(BenchTables.THREE_INDEXES, ONE, Contenders.PLPGSQL_STRIPES, PLPGSQL));

    CONTENDERS.put(
        BenchTables.EIGHT_INDEXES, Set.of(SingleUpdate.NAME, Contenders.PLPGSQL_STRIPES, ONE, TWO));
    beside(BenchTables.EIGHT_INDEXES, 2.0, 3.5, 0.52, 1.27);
    CRITERIA.add(
        Criterion.faster(BenchTables.EIGHT_INDEXES, ONE, Contenders.PLPGSQL_STRIPES, PLPGSQL));

    CONTENDERS.put(BenchTables.UUID_V4, Set.of(SingleUpdate.NAME, ONE, TWO));
    beside(BenchTables.UUID_V4, 2.5, 4, 0.60, 1.35);

    CONTENDERS.put(BenchTables.FILLFACTOR_80, Set.of(ONE, ONE_PASS));
    CRITERIA.add(Criterion.faster(BenchTables.FILLFACTOR_80, ONE, ONE_PASS, 3));
    CRITERIA.add(Criterion.heap(BenchTables.FILLFACTOR_80, ONE, 1.05));

    CONTENDERS.put(BenchTables.PGBENCH, Set.of(SingleUpdate.NAME, ONE, TWO));
    beside(BenchTables.PGBENCH, 1.5, 2.5, 0.65, 1.30);
  }

  private Acceptance() {}

  /** With one worker and with two, beside the single UPDATE; what both write and leave. */
  private static void beside(BenchTable table, double one, double two, double wal, double heap) {
    CRITERIA.add(Criterion.faster(table, ONE, SingleUpdate.NAME, one));
    CRITERIA.add(Criterion.faster(table, TWO, SingleUpdate.NAME, two));
    for (String contender : List.of(ONE, TWO)) {
      CRITERIA.add(Criterion.lessWal(table, contender, wal));
      CRITERIA.add(Criterion.heap(table, contender, heap));
    }
  }

  /** What has to be measured on a server whose shared_buffers hold the tables. */
  static Map<BenchTable, List<Contender>> inMemory(List<Contender> all) {
    Map<BenchTable, List<Contender>> plan = new LinkedHashMap<>();
    CONTENDERS.keySet().stream()
        .filter(table -> !table.equals(BenchTables.UUID_V4))
        .forEach(table -> plan.put(table, contenders(table, all)));
    return plan;
  }

  /** What has to be measured where a table is eight times as large as shared_buffers. */
  static Map<BenchTable, List<Contender>> outOfMemory(List<Contender> all) {
    return Map.of(BenchTables.UUID_V4, contenders(BenchTables.UUID_V4, all));
  }

  private static List<Contender> contenders(BenchTable table, List<Contender> all) {
    Set<String> names = CONTENDERS.getOrDefault(table, Set.of());
    return all.stream().filter(c -> names.contains(c.name())).toList();
  }

  /** Of what was measured; a bound whose contenders were not is left out. */
  static List<Verdict> judge(List<Measurement> measurements) {
    return CRITERIA.stream()
        .flatMap(c -> measurements.stream().flatMap(m -> c.judge(m).stream()))
        .toList();
  }
}
