package dev.backfill.examples.benchmark;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.model.Rehearsal;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code rehearse()} says of a run, beside what the run came to. */
@Command(
    name = "rehearse",
    mixinStandardHelpOptions = true,
    description = "Rehearses a run, does it, and prints both side by side.")
final class RehearsalBenchmark implements Callable<Integer> {
  private static final List<BenchTable> BY_DEFAULT =
      List.of(BenchTables.THREE_INDEXES, BenchTables.UUID_V4, BenchTables.FILLFACTOR_80);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--rows", defaultValue = "2000000", description = "default: ${DEFAULT-VALUE}")
  private long rows;

  @Option(
      names = "--tables",
      split = ",",
      completionCandidates = Names.OfTables.class,
      description = "of ${COMPLETION-CANDIDATES}; default: 3-indexes, uuid-v4, fillfactor-80")
  private @Nullable List<String> tableNames;

  @Option(names = "--repeat", defaultValue = "1", description = "default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(
      names = "--most-bytes",
      defaultValue = "536870912",
      description = "that a rehearsal may copy; default: ${DEFAULT-VALUE}")
  private long mostBytes;

  @Option(names = "--out", description = "JSON file; default: rehearse.json in target")
  private @Nullable Path out;

  private RehearsalBenchmark() {}

  @Override
  public Integer call() throws Exception {
    Choice.atLeastOne(spec, "--rows", rows);
    Choice.atLeastOne(spec, "--repeat", rounds);
    Choice.atLeastOne(spec, "--most-bytes", mostBytes);
    List<BenchTable> tables =
        tableNames == null
            ? BY_DEFAULT
            : Choice.among(spec, "--tables", BenchTables.ALL, tableNames, BenchTable::name);
    List<RehearsalResult> results = new ArrayList<>();
    try (BenchServer server = BenchServer.start()) {
      System.out.println(server.description());
      FreshTables fresh = new FreshTables(server, rows);
      for (int round = 0; round < rounds; round++) {
        for (BenchTable table : tables) {
          fresh.create(table);
          RehearsalResult result = compare(server, table);
          System.out.print(result);
          results.add(result);
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%n%d of %d within a fifth in rate, WAL and duration%n",
        results.stream().filter(RehearsalResult::withinAFifth).count(),
        results.size());
    Path file = out == null ? ResultFile.byDefault("rehearse.json") : out;
    ResultFile.write(file, results);
    System.out.println(file.toAbsolutePath());
    return 0;
  }

  private RehearsalResult compare(BenchServer server, BenchTable table) throws SQLException {
    try (HikariDataSource pool = Library.pool(server.dataSource(SqlWork.APPLICATION))) {
      Library library = Library.workers(1);
      Rehearsal rehearsal = library.backfill(pool, table).rehearse(mostBytes);
      System.out.printf("%n%s", rehearsal);
      // Else the one that the rehearsal's own WAL brings falls into the run.
      Sql.execute(server.operator(), "CHECKPOINT");
      long heapBefore = TableFigures.of(pool, table).heapBytes();
      long walBefore = wal(server);
      long start = System.nanoTime();
      library.backfill(pool, table).run();
      double seconds = (System.nanoTime() - start) / 1e9;
      long wal = wal(server) - walBefore;
      FilledRows filled = FilledRows.of(pool, table);
      return RehearsalResult.of(
          table.name(),
          rehearsal,
          new RehearsalResult.Figures(
              filled.right() / seconds,
              wal,
              seconds,
              TableFigures.of(pool, table).heapBytes() - heapBefore));
    }
  }

  private static long wal(BenchServer server) throws SQLException {
    return Sql.number(server.dataSource(), "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn");
  }
}
