package dev.backfill.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class OrdersIT {

  @Test
  void killedInMidRunItGoesOnWithTheNextStart() throws Exception {
    try (OrdersDatabase database = new OrdersDatabase()) {
      ApplicationProcess first =
          ApplicationProcess.start(
              OrdersApplication.class,
              database.url(),
              "--orders.rows=20000",
              "--backfill.definitions.order-status.max-rows-per-second=2000");
      assertThat(first.placeOrder().body()).contains("\"status\":\"pending\"");
      assertThat(first.get("/orders/19999").body()).contains("\"status\":\"shipped\"");
      Awaitility.await()
          .atMost(OrdersDatabase.LONG)
          .until(() -> filled(database) > 1000 || database.refusesNull());
      first.kill();
      assertThat(filled(database)).isBetween(1000L, 20_000L);
      assertThat(database.refusesNull()).isFalse();

      try (ApplicationProcess second =
          ApplicationProcess.start(OrdersApplication.class, database.url())) {
        database.awaitRun("state = 'DONE'");
        assertThat(second.get("/orders/1").statusCode()).isEqualTo(200);
        assertThat(second.output()).doesNotContain("ERROR");
      }
      assertThat(database.wrongOrders()).isEqualTo("0");
      assertThat(database.refusesNull()).isTrue();
      // Expanded before JPA, filled by the first, filled by the second.
      assertThat(database.query("select epoch from backfill.run")).isEqualTo("3");
    }
  }

  private static long filled(OrdersDatabase database) {
    return Long.parseLong(
        database.query("select count(*) from orders where status_code is not null"));
  }

  @Test
  void withoutADatabaseItBringsItsOwn() throws Exception {
    try (ApplicationProcess application =
        ApplicationProcess.start(OrdersApplication.class, "--orders.rows=2000")) {
      Awaitility.await()
          .atMost(OrdersDatabase.LONG)
          .until(() -> application.output().contains("order-status") && done(application));
      assertThat(application.placeOrder().statusCode()).isEqualTo(201);
    }
  }

  private static boolean done(ApplicationProcess application) {
    return application.output().contains("DONE");
  }
}
