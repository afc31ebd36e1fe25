package dev.backfill.examples.orders;

import dev.backfill.examples.local.LocalPostgres;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;

/** A server that outlives the applications which use it. */
final class OrdersDatabase implements AutoCloseable {
  static final Duration LONG = Duration.ofMinutes(2);

  private final LocalPostgres server = LocalPostgres.start(Map.of("fsync", "off"));

  /** As arguments of an application. */
  String url() {
    return "--spring.datasource.url=" + server.url("postgres");
  }

  String query(String sql) {
    return String.valueOf(server.query(sql));
  }

  void execute(String sql) {
    server.execute(sql);
  }

  /** Waits for the run to get into a state of its row. */
  void awaitRun(String condition) {
    Awaitility.await(condition)
        .atMost(LONG)
        .until(
            () ->
                query("select to_regclass('backfill.run')").contains("run")
                    && query("select count(*) from backfill.run where " + condition).equals("1"));
  }

  String wrongOrders() {
    return query(
        "select count(*) from orders where status_code is distinct from"
            + " case when shipped_at is null then 'pending' else 'shipped' end");
  }

  boolean refusesNull() {
    return query(
            "select attnotnull from pg_attribute where attrelid = 'orders'::regclass"
                + " and attname = 'status_code'")
        .equals("t");
  }

  @Override
  public void close() {
    server.close();
  }
}
