package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.backfill.Backfills;
import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillEvent.RunEnded;
import dev.backfill.event.BackfillEvent.RunStarted;
import dev.backfill.event.BackfillEvent.WaitingForOwner;
import dev.backfill.event.BackfillListener;
import dev.backfill.spring.RegisteredBackfill.State;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Applications, or nodes of one, that share a database and a table. */
class TwoApplicationsIT {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final int ROWS = 20_000;
  private static final String RUN = "public.orders.status_code";

  private final TestServer.Database database = TestServer.database(ROWS);

  @Configuration(proxyBeanMethods = false)
  static class Events {
    final List<BackfillEvent> all = new CopyOnWriteArrayList<>();

    @Bean
    BackfillListener listener() {
      return all::add;
    }
  }

  @BeforeEach
  void countUpdates() {
    database.execute(
        "create table updates (id bigint, changed text)",
        """
        create function record_update() returns trigger language plpgsql as $$
        begin
          insert into updates
          select new.id, key from jsonb_each_text(to_jsonb(new)) n (key, value)
          where value is distinct from to_jsonb(old) ->> key;
          return null;
        end $$
        """,
        "create trigger audit after update on orders for each row execute function record_update()");
  }

  private ApplicationContextRunner filling(String definition, String column, String... more) {
    String prefix = "backfill.definitions." + definition + ".";
    return Contexts.on(database)
        .withUserConfiguration(Events.class)
        .withPropertyValues(
            prefix + "table=orders",
            prefix + "column=" + column,
            prefix + "type=varchar(32)",
            prefix + "value=case when shipped_at is null then 'pending' else 'shipped' end",
            prefix + "batch.rows=100")
        .withPropertyValues(more);
  }

  private static RegisteredBackfill only(ConfigurableApplicationContext application) {
    return application.getBean(BackfillRegistry.class).all().get(0);
  }

  private static void awaitState(ConfigurableApplicationContext application, State state) {
    await().atMost(LONG).until(() -> only(application).state() == state);
  }

  private static <T extends BackfillEvent> List<T> events(
      ConfigurableApplicationContext application, Class<T> type) {
    return application.getBean(Events.class).all.stream()
        .filter(type::isInstance)
        .map(type::cast)
        .toList();
  }

  private static boolean fills(ConfigurableApplicationContext application) {
    return !events(application, BackfillEvent.BatchCommitted.class).isEmpty();
  }

  private static void liftTheCap(ConfigurableApplicationContext application, String run) {
    application.getBean(Backfills.class).retune(run, "rows-per-second", 1_000_000);
  }

  private void assertEachRowFilledOnce(String column) {
    assertThat(
            database.query(
                "select count(*) from orders where "
                    + column
                    + " = case when shipped_at is null then 'pending' else 'shipped' end"))
        .isEqualTo(Integer.toString(ROWS));
    assertThat(
            database.query(
                "select count(*) || ' of ' || count(distinct id) from updates where changed = '"
                    + column
                    + "'"))
        .isEqualTo(ROWS + " of " + ROWS);
  }

  // A capped run takes minutes, more than a test, until the cap is lifted.

  @Test
  void differentColumnsOfOneTableAreFilledSideBySide() {
    filling(
            "status",
            "status_code",
            "backfill.definitions.status.max-rows-per-second=100",
            // The trigger for new rows would fill it with the other's updates, too.
            "backfill.definitions.status.new-rows=application")
        .run(
            slow -> {
              await().atMost(LONG).until(() -> fills(slow));
              filling("state", "state")
                  .run(
                      quick -> {
                        awaitState(quick, State.DONE);
                        assertThat(only(slow).state()).isEqualTo(State.RUNNING);
                        assertThat(slow.getBean(Backfills.class).list()).hasSize(2);
                        assertThat(events(quick, WaitingForOwner.class)).isEmpty();
                      });
              liftTheCap(slow, RUN);
              awaitState(slow, State.DONE);
            });
    assertEachRowFilledOnce("status_code");
    assertEachRowFilledOnce("state");
    assertThat(database.query("select string_agg(epoch::text, ' ') from backfill.run"))
        .as("nobody took a run over")
        .isEqualTo("1 1");
  }

  @Test
  void oneFillsAColumnThatBothDefineAndTheOtherTakesOverWhenItEnds() {
    ApplicationContextRunner node =
        filling("status", "status_code", "backfill.definitions.status.max-rows-per-second=100");
    node.run(
        first -> {
          await().atMost(LONG).until(() -> fills(first));
          node.run(
              second -> {
                await()
                    .atMost(LONG)
                    .until(() -> !events(second, WaitingForOwner.class).isEmpty());
                assertThat(fills(second)).isFalse();

                first.close();
                await().atMost(LONG).until(() -> fills(second));
                assertThat(events(second, RunStarted.class))
                    .singleElement()
                    .matches(RunStarted::resumed);
                liftTheCap(second, RUN);
                awaitState(second, State.DONE);
              });
        });
    assertEachRowFilledOnce("status_code");
    assertThat(database.query("select epoch from backfill.run")).isEqualTo("2");
  }

  @Test
  void startedAtTheSameMomentOneFillsAndBothAreDone() {
    ApplicationContextRunner node = filling("status", "status_code", "backfill.startup=manual");
    node.run(
        first ->
            node.run(
                second -> {
                  only(first).start();
                  only(second).start();
                  awaitState(first, State.DONE);
                  awaitState(second, State.DONE);
                  assertThat(events(first, RunEnded.class)).hasSize(1);
                  assertThat(events(second, RunEnded.class)).hasSize(1);
                  assertThat(fills(first)).isNotEqualTo(fills(second));
                }));
    assertEachRowFilledOnce("status_code");
  }
}
