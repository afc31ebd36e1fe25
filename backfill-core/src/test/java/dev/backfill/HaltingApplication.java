package dev.backfill;

import dev.backfill.model.NewRows;
import dev.backfill.model.Timeouts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Run in a JVM of its own: one of its threads stands still before it sends a certain statement for
 * the first time, until a line is told.
 */
public final class HaltingApplication {
  private HaltingApplication() {}

  /**
   * @param args JDBC URL; what the statement contains, nothing for none; {@code java} for a value
   *     that Java computes
   */
  public static void main(String[] args) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(args[0]);
    AtomicBoolean halted = new AtomicBoolean(args[1].isEmpty());
    ColumnStages.Valued column = Backfill.column("orders", "status_code").type("text");
    BackfillBuilder definition =
        args.length > 2 && args[2].equals("java")
            ? column
                .value(
                    List.of("shipped_at"),
                    row -> row.get("shipped_at") == null ? "pending" : "shipped")
                .newRows(NewRows.application())
            : column.value("case when shipped_at is null then 'pending' else 'shipped' end");
    definition
        .timeouts(Timeouts.defaults().withLease(Duration.ofSeconds(2)))
        .on(RecordingDataSource.of(dataSource, sql -> halt(sql, args[1], halted)))
        .run();
    System.out.println("finished");
  }

  private static void halt(String sql, String part, AtomicBoolean halted) {
    if (sql.contains(part) && halted.compareAndSet(false, true)) {
      System.out.println("halted");
      try {
        int unused = System.in.read();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
