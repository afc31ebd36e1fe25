package dev.backfill.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.examples.ordersbefore.OrdersBefore;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class RollingDeployIT {

  /** Old and new code side by side, in processes of their own, with requests to both. */
  @Test
  void noRequestFailsWhileTheColumnIsAddedFilledAndConstrained() throws Exception {
    try (OrdersDatabase database = new OrdersDatabase();
        ApplicationProcess before =
            ApplicationProcess.start(OrdersBefore.class, database.url(), "--orders.rows=20000");
        Customers served = Customers.of(before)) {
      try (ApplicationProcess after =
              ApplicationProcess.start(
                  OrdersApplication.class,
                  database.url(),
                  "--backfill.definitions.order-status.contract=manual",
                  "--backfill.definitions.order-status.max-rows-per-second=5000");
          Customers servedAfter = Customers.of(after)) {
        database.awaitRun("phase = 'CONTRACT' and state = 'AWAITING_APPROVAL'");
        // The balancer takes the old node out before it is ended.
        served.leave();
        before.end();
        assertThat(database.refusesNull()).isFalse();

        database.execute("update backfill.run set contract_approved = true");
        database.awaitRun("state = 'DONE'");
        assertThat(database.refusesNull()).isTrue();
        long soFar = servedAfter.served();
        Awaitility.await()
            .atMost(OrdersDatabase.LONG)
            .until(() -> servedAfter.served() > soFar + 50);
        servedAfter.leave();

        assertThat(served.failures()).isEmpty();
        assertThat(servedAfter.failures()).isEmpty();
        assertThat(served.served()).isGreaterThan(100);
        assertThat(database.wrongOrders()).isEqualTo("0");
      }
    }
  }
}
