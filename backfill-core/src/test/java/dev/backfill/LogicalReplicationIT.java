package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.TestDatabase;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A published table and its subscriber, by PostgreSQL's own logical replication. */
class LogicalReplicationIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String VALUE =
      "case when shipped_at is null then 'pending' else 'shipped' end";

  private static PrivateServer server;
  private TestDatabase publisher;
  private TestDatabase subscriber;
  private String name;

  @BeforeAll
  static void start() {
    server = PrivateServer.start(Map.of("wal_level", "logical"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void subscribe() {
    publisher = server.database();
    subscriber = server.database();
    publisher.ordersTable(1_000);
    subscriber.ordersTable(1_000);
    name = "s_" + subscriber.name();
    publisher.execute("create publication everything for table orders");
    // By hand: made by CREATE SUBSCRIPTION on the same server it would wait for itself.
    publisher.queryString("select pg_create_logical_replication_slot(?, 'pgoutput')::text", name);
    PGSimpleDataSource source = publisher.direct();
    subscriber.execute(
        "create subscription \"%s\" connection 'host=%s port=%d dbname=%s user=%s password=%s'"
                .formatted(
                    name,
                    source.getServerNames()[0],
                    source.getPortNumbers()[0],
                    publisher.name(),
                    source.getUser(),
                    source.getPassword())
            + " publication everything"
            + " with (create_slot = false, slot_name = \""
            + name
            + "\", copy_data = false)");
  }

  private BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code").type("text").value(VALUE);
  }

  private void assertApplied(long id, String status) {
    await()
        .atMost(PATIENCE)
        .until(() -> subscriber.queryStrings("select id from orders where id = ?", id).size() == 1);
    assertThat(subscriber.queryString("select status_code from orders where id = ?", id))
        .isEqualTo(status);
  }

  @Test
  @DisplayName("D14: rows that logical replication applies are covered on the subscriber")
  void appliedRowsAreCovered() {
    statusCode().on(subscriber.dataSource()).run();

    publisher.execute("insert into orders (id, customer_id, amount) values (5000, 1, 1)");
    assertApplied(5000, "pending");
    publisher.execute("update orders set shipped_at = null where id = 1");
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                subscriber
                    .queryString("select status_code from orders where id = 1")
                    .equals("pending"));
  }

  @Test
  @DisplayName("D11: subscriber first and publisher next, NOT NULL last: the apply never stops")
  void inOrder() {
    statusCode()
        .newRows(NewRows.application())
        .contract(Contract.none())
        .on(subscriber.dataSource())
        .run();
    publisher.execute("insert into orders (id, customer_id, amount) values (5000, 1, 1)");
    assertApplied(5000, null);
    BoundBackfill published = statusCode().publishedTableAcknowledged().on(publisher.dataSource());
    assertThat(published.plan().deployment())
        .anyMatch(line -> line.contains("\"everything\"") && line.contains("subscriber"));
    published.run();
    publisher.execute("insert into orders (id, customer_id, amount) values (5001, 1, 1)");
    assertApplied(5001, "pending");

    statusCode().newRows(NewRows.application()).on(subscriber.dataSource()).run();
    publisher.execute("insert into orders (id, customer_id, amount) values (5002, 1, 1)");
    assertApplied(5002, "pending");
    assertThat(subscriber.queryLong("select count(*) from orders where status_code is null"))
        .isZero();
  }
}
