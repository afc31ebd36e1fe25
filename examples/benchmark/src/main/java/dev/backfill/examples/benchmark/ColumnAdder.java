package dev.backfill.examples.benchmark;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.Backfill;
import dev.backfill.event.BackfillEvent;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A way to add a column to a table that others use. */
interface ColumnAdder {
  String name();

  Timing add(BenchServer server) throws SQLException;

  /**
   * How long it took, in seconds.
   *
   * @param column until the column was there
   * @param all until the way was at its end
   */
  record Timing(double column, double all) {
    static Timing since(long start, long column) {
      return new Timing((column - start) / 1e9, (System.nanoTime() - start) / 1e9);
    }
  }

  /** The library with its defaults: column, trigger, every row, NOT NULL. */
  static ColumnAdder library() {
    return new ColumnAdder() {
      @Override
      public String name() {
        return "library";
      }

      @Override
      public Timing add(BenchServer server) throws SQLException {
        List<Long> executed = Collections.synchronizedList(new ArrayList<>());
        long start = System.nanoTime();
        try (HikariDataSource pool = Library.pool(server.dataSource(SqlWork.APPLICATION))) {
          Backfill.column("orders", "status_code")
              .type("varchar(32)")
              .value(BenchValue.STATUS.sql())
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.DdlExecuted) {
                      executed.add(System.nanoTime());
                    }
                  })
              .on(pool)
              .run();
        }
        return Timing.since(start, executed.get(0));
      }
    };
  }

  /** What is typed into a console: the column, without a time-out. */
  static ColumnAdder naive() {
    return new ColumnAdder() {
      @Override
      public String name() {
        return "alter-table";
      }

      @Override
      public Timing add(BenchServer server) throws SQLException {
        long start = System.nanoTime();
        Sql.execute(server.dataSource(), "ALTER TABLE orders ADD COLUMN status_code varchar(32)");
        return Timing.since(start, System.nanoTime());
      }
    };
  }
}
