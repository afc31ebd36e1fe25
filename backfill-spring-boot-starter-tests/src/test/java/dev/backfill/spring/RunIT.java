package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.Backfill;
import dev.backfill.BackfillDefinition;
import dev.backfill.Backfills;
import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import dev.backfill.spring.RegisteredBackfill.State;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.boot.jdbc.metadata.AbstractDataSourcePoolMetadata;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

class RunIT {
  private static final String DONE =
      "select count(*) from orders where status_code = case when shipped_at is null then 'pending'"
          + " else 'shipped' end";
  private static final Duration LONG = Duration.ofMinutes(2);

  private static RegisteredBackfill status(ApplicationContext context) {
    return context.getBean(BackfillRegistry.class).find("order-status").orElseThrow();
  }

  private static void awaitState(ApplicationContext context, State state) {
    await().atMost(LONG).until(() -> status(context).state() == state);
  }

  @Test
  void aFewPropertiesFillTheColumnInTheBackground() {
    TestServer.Database database = TestServer.database(1000);
    Contexts.on(database)
        .withPropertyValues(Contexts.orderStatus("spring.main.lazy-initialization=true"))
        .run(
            context -> {
              awaitState(context, State.DONE);
              assertThat(database.query(DONE)).isEqualTo("1000");
              assertThat(context.getBean(Backfills.class).list()).hasSize(1);
              assertThat(status(context).result()).hasValueSatisfying(r -> r.notNull());
            });
  }

  @Configuration(proxyBeanMethods = false)
  static class Beans {
    final List<BackfillEvent> events = new CopyOnWriteArrayList<>();

    @Bean
    @Order(2)
    BackfillDefinition second() {
      return Backfill.column("orders", "b").type("int").value("1").build();
    }

    @Bean
    @Order(1)
    BackfillDefinition first() {
      return Backfill.column("orders", "a").type("int").value("2").build();
    }

    @Bean
    BackfillListener listener() {
      return events::add;
    }
  }

  @Test
  void beansRunInTheirOrderBeforeThePropertiesAndTellListeners() {
    TestServer.Database database = TestServer.database(10);
    Contexts.on(database)
        .withUserConfiguration(Beans.class)
        .withPropertyValues(
            Contexts.orderStatus(
                "backfill.startup=blocking",
                "backfill.definitions.number.table=orders",
                "backfill.definitions.number.column=number",
                "backfill.definitions.number.type=integer",
                "backfill.definitions.number.constant=7"))
        .run(
            context -> {
              assertThat(context.getBean(BackfillRegistry.class).all())
                  .extracting(RegisteredBackfill::name)
                  .startsWith("first", "second")
                  .hasSize(4);
              assertThat(context.getBean(BackfillRegistry.class).all())
                  .extracting(RegisteredBackfill::state)
                  .containsOnly(State.DONE);
              assertThat(context.getBean(Beans.class).events)
                  .filteredOn(BackfillEvent.RunEnded.class::isInstance)
                  .extracting(BackfillEvent::run)
                  .startsWith("public.orders.a", "public.orders.b");
              assertThat(database.query("select sum(number) from orders")).isEqualTo("70");
            });
  }

  @Test
  void plansChangeNothing() {
    TestServer.Database database = TestServer.database(10);
    Contexts.on(database)
        .withPropertyValues(Contexts.orderStatus("backfill.startup=plan"))
        .run(
            context -> {
              assertThat(status(context).plan().column()).contains("status_code");
              assertThat(status(context).state()).isEqualTo(State.PENDING);
              assertThat(database.query("select to_regnamespace('backfill')")).isNull();
            });
  }

  @Test
  void switchedOffNothingStartsAndAStartIsRefused() {
    TestServer.Database database = TestServer.database(10);
    Contexts.on(database)
        .withPropertyValues(Contexts.orderStatus("backfill.enabled=false"))
        .run(
            context -> {
              assertThat(context.getBean(HikariDataSource.class).isRunning()).isFalse();
              org.assertj.core.api.Assertions.assertThatThrownBy(() -> status(context).start())
                  .hasMessageContaining("backfill.enabled");
            });
  }

  @Test
  void aDatabaseThatDisagreesDoesNotFailTheStart() {
    TestServer.Database database = TestServer.database(10);
    database.execute("alter table orders add column status_code int");
    Contexts.on(database)
        .withPropertyValues(
            Contexts.orderStatus(
                "backfill.startup=blocking",
                "backfill.definitions.none.table=no_such_table",
                "backfill.definitions.none.column=c",
                "backfill.definitions.none.type=int",
                "backfill.definitions.none.constant=1"))
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(status(context).failure().orElseThrow())
                  .hasMessageContaining("status_code");
              assertThat(
                      context
                          .getBean(BackfillRegistry.class)
                          .find("none")
                          .orElseThrow()
                          .failure()
                          .orElseThrow())
                  .hasMessageContaining("no_such_table");
            });
  }

  @Test
  void aContractThatIsApprovedLaterIsAppliedWithoutAnotherDeploy() {
    TestServer.Database database = TestServer.database(10);
    Contexts.on(database)
        .withPropertyValues(
            Contexts.orderStatus("backfill.definitions.order-status.contract=manual"))
        .run(
            context -> {
              awaitState(context, State.AWAITING_APPROVAL);
              context.getBean(Backfills.class).approveContract("public.orders.status_code");
              awaitState(context, State.DONE);
            });
  }

  @Test
  void oneThatAnOperatorAbandonsIsShownAsSuch() {
    TestServer.Database database = TestServer.database(20_000);
    Contexts.on(database)
        .withPropertyValues(
            Contexts.orderStatus(
                "backfill.definitions.order-status.max-rows-per-second=1000",
                "backfill.definitions.order-status.batch.rows=100"))
        .run(
            context -> {
              awaitState(context, State.RUNNING);
              await()
                  .atMost(LONG)
                  .until(() -> !context.getBean(Backfills.class).list().isEmpty());
              context.getBean(Backfills.class).abandon("public.orders.status_code");
              awaitState(context, State.ABANDONED);
            });
  }

  @Test
  void aContextThatIsStoppedAndStartedAgainGoesOn() {
    TestServer.Database database = TestServer.database(20_000);
    Contexts.on(database)
        .withPropertyValues(
            Contexts.orderStatus(
                "backfill.definitions.order-status.max-rows-per-second=1000",
                "backfill.definitions.order-status.batch.rows=100"))
        .run(
            context -> {
              awaitState(context, State.RUNNING);
              context.stop();
              assertThat(status(context).state()).isIn(State.STOPPED, State.PENDING);
              assertThat(status(context).run()).isEmpty();
              context.start();
              awaitState(context, State.RUNNING);
            });
    assertThat(database.query("select count(*) from backfill.run where owner is not null"))
        .isEqualTo("0");
  }

  @Test
  void aBatchThatWouldOutlastTheShutdownIsCancelled() {
    TestServer.Database database = TestServer.database(10);
    database.execute(
        "create function slow() returns text language plpgsql volatile as"
            + " $$ begin if current_setting('application_name') like '%backfill' and"
            + " current_setting('transaction_read_only') = 'off' then perform"
            + " pg_sleep_for('100 s'); end if; return 'x'; end $$");
    Contexts.on(database)
        .withPropertyValues(
            "spring.lifecycle.timeout-per-shutdown-phase=4s",
            "backfill.definitions.slow.table=orders",
            "backfill.definitions.slow.column=slow",
            "backfill.definitions.slow.type=text",
            "backfill.definitions.slow.value=slow()",
            "backfill.definitions.slow.new-rows=application")
        .run(
            context -> {
              await()
                  .atMost(LONG)
                  .until(
                      () ->
                          database
                              .query(
                                  "select count(*) from pg_stat_activity where application_name ="
                                      + " 'backfill' and wait_event = 'PgSleep'")
                              .equals("1"));
              context.close();
            });
    assertThat(
            database.query(
                "select count(*) from pg_stat_activity where application_name = 'backfill'"
                    + " and wait_event = 'PgSleep'"))
        .isEqualTo("0");
    assertThat(database.query("select count(*) from backfill.run where owner is not null"))
        .isEqualTo("0");
  }

  @Configuration(proxyBeanMethods = false)
  static class Unpooled {
    @Bean
    DriverManagerDataSource dataSource(org.springframework.core.env.Environment environment) {
      return new DriverManagerDataSource(environment.getProperty("spring.datasource.url"));
    }
  }

  @Test
  void anotherDataSourceIsUsedWithOneWorkerAndRefusedWithMore() {
    TestServer.Database database = TestServer.database(10);
    Contexts.on(database)
        .withUserConfiguration(Unpooled.class)
        .withPropertyValues(
            Contexts.orderStatus(
                "backfill.startup=blocking",
                "backfill.definitions.more.table=orders",
                "backfill.definitions.more.column=more",
                "backfill.definitions.more.type=int",
                "backfill.definitions.more.value=1",
                "backfill.definitions.more.workers=2"))
        .run(
            context -> {
              assertThat(status(context).state()).isEqualTo(State.DONE);
              assertThat(
                      context
                          .getBean(BackfillRegistry.class)
                          .find("more")
                          .orElseThrow()
                          .failure()
                          .orElseThrow())
                  .hasMessageContaining("no HikariCP pool");
            });
  }

  /** Says of any pool that it has six connections. */
  @Configuration(proxyBeanMethods = false)
  static class Six {
    @Bean
    DataSourcePoolMetadataProvider six() {
      return dataSource ->
          new AbstractDataSourcePoolMetadata<>(dataSource) {
            @Override
            public Integer getActive() {
              return 0;
            }

            @Override
            public Integer getMax() {
              return 6;
            }

            @Override
            public Integer getMin() {
              return 0;
            }

            @Override
            public String getValidationQuery() {
              return "";
            }

            @Override
            public Boolean getDefaultAutoCommit() {
              return true;
            }
          };
    }
  }

  @Test
  void halfOfASmallPoolIsNotTaken() {
    Contexts.on(TestServer.database(10))
        .withUserConfiguration(Unpooled.class, Six.class)
        .withPropertyValues(Contexts.orderStatus("backfill.startup=blocking"))
        .run(
            context ->
                assertThat(status(context).failure().orElseThrow())
                    .hasMessageContaining("3 of its 6 connections")
                    .hasMessageContaining("backfill.datasource"));
  }
}
