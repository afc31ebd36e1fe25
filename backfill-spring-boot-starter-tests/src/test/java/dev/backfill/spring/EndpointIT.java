package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.backfill.spring.WebApplication.Answer;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointIT {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final String RUN = "public.orders.status_code";
  private static final String ONE = "backfills/" + RUN;
  private static final String WRITES = "management.endpoint.backfills.access=unrestricted";
  private static final String[] SLOW = {
    "backfill.definitions.order-status.max-rows-per-second=1000",
    "backfill.definitions.order-status.batch.rows=100"
  };

  private static void awaitState(WebApplication application, String state) {
    await()
        .atMost(LONG)
        .until(
            () -> {
              Answer answer = application.get(ONE);
              return answer.status() == 200 && answer.text("$.state").equals(state);
            });
  }

  @Test
  void whatIsAtWorkIsListedWithItsProgressAndNothingCanBeChangedByDefault() {
    TestServer.Database database = TestServer.database(500_000);
    try (WebApplication application =
        WebApplication.start(database, Contexts.orderStatus(SLOW))) {
      awaitState(application, "RUNNING");
      await()
          .atMost(LONG)
          .until(() -> Double.parseDouble(application.get(ONE).text("$.done")) > 0);
      Answer all = application.get("backfills");
      assertThat(all.status()).isEqualTo(200);
      assertThat(all.text("$.backfills[0].name")).isEqualTo(RUN);
      assertThat(all.text("$.backfills[0].definition")).isEqualTo("order-status");
      assertThat(all.text("$.backfills[0].column")).isEqualTo("status_code");
      assertThat(all.text("$.backfills[0].phase")).isEqualTo("BACKFILL");
      assertThat(all.text("$.backfills[0].alive")).isEqualTo("true");
      assertThat(Long.parseLong(all.text("$.backfills[0].rows"))).isPositive();
      assertThat(all.body()).doesNotContain("pending").doesNotContain("null");

      assertThat(application.post(ONE + "/pause").status()).isIn(404, 405);
      assertThat(application.post(ONE, "{\"setting\": \"workers\", \"value\": 2}").status())
          .isIn(404, 405);
      assertThat(database.query("select requested_action from backfill.run")).isNull();
    }
  }

  @Test
  void anyNodePausesResumesRetunesAndStopsARun() {
    TestServer.Database database = TestServer.database(500_000);
    try (WebApplication worker = WebApplication.start(database, Contexts.orderStatus(SLOW))) {
      awaitState(worker, "RUNNING");
      try (WebApplication other =
          WebApplication.start(
              database, Contexts.orderStatus(WRITES, "backfill.startup=manual"))) {
        Answer paused = other.post(ONE + "/pause");
        assertThat(paused.status()).isEqualTo(200);
        assertThat(paused.text("$.state")).isEqualTo("PAUSED");
        await()
            .atMost(LONG)
            .until(() -> worker.get("health/backfill").body().contains("paused"));
        await()
            .atMost(LONG)
            .until(() -> other.get(ONE).body().contains("who paused it"));
        assertThat(other.get(ONE).body()).contains("\"waitingSince\"");

        assertThat(other.post(ONE + "/resume").text("$.state")).isEqualTo("RUNNING");
        Answer retuned = other.post(ONE, "{\"setting\": \"rows-per-second\", \"value\": 2000}");
        assertThat(retuned.status()).isEqualTo(200);
        assertThat(database.query("select settings ->> 'rows-per-second' from backfill.run"))
            .isEqualTo("2000");

        assertThat(other.post(ONE + "/stop").status()).isEqualTo(200);
        awaitState(other, "STOPPED");
      }
    }
  }

  @Test
  void aContractIsApprovedAndWhatIsDoneIsLeftAlone() {
    try (WebApplication application =
        WebApplication.start(
            TestServer.database(10),
            Contexts.orderStatus(
                WRITES, "backfill.definitions.order-status.contract=manual"))) {
      awaitState(application, "AWAITING_APPROVAL");
      assertThat(application.get(ONE).text("$.next")).contains("approve-contract");
      assertThat(application.post(ONE + "/approve-contract").status()).isEqualTo(200);
      awaitState(application, "DONE");
      Answer done = application.get(ONE);
      assertThat(done.text("$.done")).isEqualTo("1.0");
      assertThat(done.text("$.history[*].kind"))
          .contains("started", "phase", "awaiting_approval", "done");
      assertThat(application.post(ONE + "/pause").status()).isEqualTo(409);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                        | needs a setting and a value
          {"setting": "", "value": 1}               | needs a setting and a value
          {"setting": "workers"}                    | needs a setting and a value
          {"setting": "sleep", "value": 1}          | Its settings are rows-per-second
          {"setting": "workers", "value": 0}        | at least 1
          {"setting": "workers", "value": "many"}   | must be a number
          {"setting": "lock-waits", "value": -1}    | above 0
          {"setting": "lock-waits", "value": "NaN"} | above 0
          """)
  void aRetuneThatCannotBeMeantIsRefusedWithTheReason(String json, String reason) {
    Refusals.on(
        application -> {
          Answer answer = application.post(ONE, json);
          assertThat(answer.status()).isEqualTo(400);
          assertThat(answer.text("$.error")).contains(reason).contains("Nothing was changed");
        });
  }

  @Test
  void unknownActionsAndRunsAreRefusedWithTheReason() {
    Refusals.on(
        application -> {
          Answer action = application.post(ONE + "/drop");
          assertThat(action.status()).isEqualTo(400);
          assertThat(action.text("$.error")).contains("pause, resume, stop");
          assertThat(application.get("backfills/nobody").status()).isEqualTo(404);
          assertThat(application.post("backfills/nobody/pause").text("$.error"))
              .contains("no run named nobody");
        });
  }

  /** One application for all that is refused, whose run stays where it is. */
  private static final class Refusals {
    private static final TestServer.Database DATABASE = TestServer.database(10);
    private static @Nullable WebApplication application;

    static void on(Consumer<WebApplication> test) {
      WebApplication asked = application;
      if (asked == null) {
        asked =
            WebApplication.start(
                DATABASE,
                Contexts.orderStatus(
                    WRITES, "backfill.definitions.order-status.contract=manual"));
        application = asked;
        awaitState(asked, "AWAITING_APPROVAL");
      }
      test.accept(asked);
      assertThat(
              DATABASE.query(
                  "select count(*) from backfill.run where requested_action is null and settings ="
                      + " '{}'"))
          .isEqualTo("1");
    }
  }

  @AfterAll
  static void close() {
    if (Refusals.application != null) {
      Refusals.application.close();
    }
  }

  @Test
  void whatHasNoRunYetIsListedAndWhatFailedShowsNoRowsValue() {
    TestServer.Database database = TestServer.database(10);
    database.execute(
        "alter table orders add column note text", "update orders set note = 'card 4711'");
    try (WebApplication application =
        WebApplication.start(
            database,
            Contexts.orderStatus(
                "backfill.startup=blocking",
                
                "backfill.definitions.missing.table=no_such_table",
                "backfill.definitions.missing.column=status",
                "backfill.definitions.missing.type=int",
                "backfill.definitions.missing.value=1",
                "backfill.definitions.note.table=orders",
                "backfill.definitions.note.column=number",
                "backfill.definitions.note.type=int",
                "backfill.definitions.note.value=note::int",
                "backfill.definitions.note.new-rows=application"))) {
      Answer all = application.get("backfills");
      assertThat(all.status()).isEqualTo(200);
      assertThat(all.text("$.backfills[?(@.definition == 'order-status')].state"))
          .contains("DONE");
      assertThat(all.text("$.backfills[?(@.definition == 'note')].state")).contains("FAILED");
      assertThat(all.text("$.backfills[?(@.definition == 'missing')].state")).contains("FAILED");
      assertThat(all.body())
          .contains("no_such_table.status")
          .doesNotContain("4711")
          .doesNotContain("note::int");
    }
  }

  @Test
  void rowsThatWerePutAsideAreCountedWithoutTheirValues() {
    TestServer.Database database = TestServer.database(10);
    database.execute(
        "alter table orders add column note text default '1'",
        "update orders set note = 'card 4711' where id in (3, 7)");
    try (WebApplication application =
        WebApplication.start(
            database,
            "backfill.startup=blocking",
            "backfill.definitions.note.table=orders",
            "backfill.definitions.note.column=number",
            "backfill.definitions.note.type=int",
            "backfill.definitions.note.value=note::int",
            "backfill.definitions.note.new-rows=application",
            "backfill.definitions.note.contract=none",
            "backfill.definitions.note.bad-rows=quarantine",
            "backfill.definitions.note.quarantine.max=2")) {
      assertThat(application.get("backfills").text("$.backfills[0].quarantined")).isEqualTo("2");
      Answer one = application.get("backfills/public.orders.number");
      assertThat(one.text("$.state")).isEqualTo("DONE");
      assertThat(one.text("$.quarantinedBySqlState['22P02']")).isEqualTo("2");
      assertThat(one.body()).doesNotContain("4711");
      assertThat(application.get("health/backfill").body()).contains("\"quarantined\":2");
      assertThat(
              database.query("select string_agg(message, ' ' order by key) from backfill.quarantine"))
          .doesNotContain("4711");
    }
  }

  @Test
  void aDatabaseThatCannotBeReachedIsSaid() {
    try (WebApplication application =
        WebApplication.start(
            List.of(
                "spring.datasource.url=jdbc:postgresql://localhost:1/x",
                "spring.datasource.hikari.connection-timeout=1000"))) {
      Answer answer = application.get("backfills");
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.text("$.error")).contains("log");
    }
  }
}
