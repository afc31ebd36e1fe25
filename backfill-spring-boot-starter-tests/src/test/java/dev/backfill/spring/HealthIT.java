package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.backfill.spring.WebApplication.Answer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The aggregate and readiness are those of the application, whatever its backfills do. */
class HealthIT {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final String[] SLOW =
      Contexts.orderStatus(
          "backfill.definitions.order-status.max-rows-per-second=1000",
          "backfill.definitions.order-status.batch.rows=100",
          "management.endpoint.health.group.everything.include=*");

  private static Answer awaitStatus(WebApplication application, String... statuses) {
    await()
        .atMost(LONG)
        .untilAsserted(
            () ->
                assertThat(application.get("health/backfill").text("$.status"))
                    .isIn((Object[]) statuses));
    return application.get("health/backfill");
  }

  private static void assertOthersUp(WebApplication application) {
    for (String group : new String[] {"health", "health/readiness", "health/everything"}) {
      Answer answer = application.get(group);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text("$.status")).isEqualTo("UP");
    }
  }

  @Test
  @DisplayName("E1: a run that is at work or held back leaves readiness alone")
  void aRunThatIsAtWorkOrHeldBackLeavesTheAggregateAndReadinessAlone() {
    TestServer.Database database = TestServer.database(500_000);
    try (WebApplication application = WebApplication.start(database, SLOW)) {
      await()
          .atMost(LONG)
          .until(() -> application.get("health/backfill").body().contains("\"rows\""));
      Answer running = awaitStatus(application, "RUNNING", "WAITING");
      assertThat(running.status()).isEqualTo(200);
      assertThat(running.text("$.details.order-status.run"))
          .isEqualTo("public.orders.status_code");
      assertThat(Double.parseDouble(running.text("$.details.order-status.done"))).isBetween(0.0, 1.0);
      assertOthersUp(application);

      database.execute("update backfill.run set requested_action = 'pause'");
      await()
          .atMost(LONG)
          .until(() -> application.get("health/backfill").body().contains("paused"));
      Answer waiting = application.get("health/backfill");
      assertThat(waiting.status()).isEqualTo(200);
      assertThat(waiting.text("$.status")).isEqualTo("WAITING");
      assertOthersUp(application);
    }
  }

  @Test
  @DisplayName("E1: ready and alive at once, while a run cannot even add its column")
  void aRunThatCannotBeginLeavesReadinessAndLivenessAlone() throws SQLException {
    TestServer.Database database = TestServer.database(10);
    try (Connection elsewhere = DriverManager.getConnection(database.url());
        Statement statement = elsewhere.createStatement()) {
      elsewhere.setAutoCommit(false);
      statement.execute("lock table orders in share mode");
      try (WebApplication application =
          WebApplication.start(
              database,
              Contexts.orderStatus("management.endpoint.health.group.everything.include=*"))) {
        assertOthersUp(application);
        Answer waiting = awaitStatus(application, "WAITING");
        assertThat(waiting.status()).isEqualTo(200);
        assertThat(waiting.body()).contains("lock held by");
        assertOthersUp(application);
        assertThat(application.get("health/liveness").text("$.status")).isEqualTo("UP");
        assertThat(database.query("select count(*) from pg_attribute where attname = 'status_code'"))
            .isEqualTo("0");

        elsewhere.rollback();
        awaitStatus(application, "UP");
      }
    }
  }

  @Test
  @DisplayName("E1: only where that is asked for the start waits until the run is done")
  void oneThatIsDoneIsUp() {
    try (WebApplication application =
        WebApplication.start(
            TestServer.database(10), Contexts.orderStatus("backfill.startup=blocking"))) {
      Answer done = application.get("health/backfill");
      assertThat(done.text("$.status")).isEqualTo("UP");
      assertThat(done.text("$.details.order-status.state")).isEqualTo("DONE");
      assertThat(done.read("$.details.order-status.rows")).isEqualTo(10);
    }
  }

  private static String[] failing(String... more) {
    return Contexts.orderStatus(
        Stream.concat(
                Stream.of(
                    "backfill.startup=blocking",
                    "backfill.definitions.note.table=orders",
                    "backfill.definitions.note.column=number",
                    "backfill.definitions.note.type=int",
                    "backfill.definitions.note.value=note::int",
                    "backfill.definitions.note.new-rows=application"),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private static TestServer.Database notes() {
    TestServer.Database database = TestServer.database(10);
    database.execute(
        "alter table orders add column note text", "update orders set note = 'card 4711'");
    return database;
  }

  @Test
  void aFailedOneSaysSoWithoutARowsValueAndLeavesTheApplicationUp() {
    try (WebApplication application = WebApplication.start(notes(), failing())) {
      Answer failed = application.get("health/backfill");
      assertThat(failed.status()).isEqualTo(200);
      assertThat(failed.text("$.status")).isEqualTo("FAILED");
      assertThat(failed.text("$.details.note.state")).isEqualTo("FAILED");
      assertThat(failed.text("$.details.note.next")).contains("log");
      assertThat(failed.text("$.details.order-status.state")).isEqualTo("DONE");
      assertThat(failed.body()).doesNotContain("4711").doesNotContain("note::int");
      assertThat(application.get("health").text("$.status")).isEqualTo("UP");
      assertThat(application.get("health").status()).isEqualTo(200);
      assertThat(application.get("health/readiness").status()).isEqualTo(200);
    }
  }

  @Test
  void aFailedOneTakesTheApplicationDownOnlyWhereThatIsAskedFor() {
    try (WebApplication application =
        WebApplication.start(notes(), failing("backfill.health.down-when-failed=true"))) {
      assertThat(application.get("health/backfill").status()).isEqualTo(503);
      assertThat(application.get("health").status()).isEqualTo(503);
      assertThat(application.get("health/readiness").status()).isEqualTo(200);
    }
  }
}
