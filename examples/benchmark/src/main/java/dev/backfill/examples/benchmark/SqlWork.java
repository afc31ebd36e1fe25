package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;

/** A contender on a thread of its own; it is stopped by ending its sessions. */
final class SqlWork implements Work {
  static final String APPLICATION = "contender";

  private static final String END_SESSIONS =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '"
          + APPLICATION
          + "'";

  private final DataSource operator;
  private final CompletableFuture<Boolean> end = new CompletableFuture<>();

  private SqlWork(DataSource operator) {
    this.operator = operator;
  }

  static Work start(BenchServer server, Contender contender, BenchTable table) {
    SqlWork work = new SqlWork(server.dataSource());
    Thread thread =
        new Thread(
            () -> {
              try {
                contender.fill(server.dataSource(APPLICATION), table);
                work.end.complete(true);
              } catch (SQLException | RuntimeException e) {
                work.end.completeExceptionally(e);
              }
            },
            contender.name());
    thread.setDaemon(true);
    thread.start();
    return work;
  }

  @Override
  public boolean isDone() {
    return end.isDone() && end.join();
  }

  @Override
  public void stop() throws SQLException, InterruptedException {
    while (!end.isDone()) {
      Sql.number(operator, END_SESSIONS);
      Thread.sleep(50);
    }
  }
}
