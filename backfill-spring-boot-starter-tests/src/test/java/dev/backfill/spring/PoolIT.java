package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import dev.backfill.Backfills;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

class PoolIT {
  private final TestServer.Database database = TestServer.database(10_000);

  @Configuration(proxyBeanMethods = false)
  static class Watched {
    final AtomicReference<HikariDataSource> pool = new AtomicReference<>();

    @Bean
    BackfillPoolCustomizer watch() {
      return pool::set;
    }
  }

  @Test
  void aRunHasASmallPoolOfItsOwnThatIsClosedWithIt() {
    AtomicReference<HikariDataSource> pool = new AtomicReference<>();
    Contexts.on(database)
        .withUserConfiguration(Watched.class)
        .withPropertyValues(
            Contexts.orderStatus(
                "spring.application.name=shop",
                "spring.datasource.url=" + database.url() + "&ApplicationName=shop",
                "backfill.definitions.order-status.workers=2",
                "backfill.definitions.order-status.batch.rows=100",
                "backfill.definitions.order-status.max-rows-per-second=100"))
        .run(
            context -> {
              await()
                  .atMost(Duration.ofMinutes(2))
                  .until(
                      () ->
                          !database
                              .query(
                                  "select count(*) from pg_stat_activity"
                                      + " where application_name = 'shop backfill'")
                              .equals("0"));
              pool.set(context.getBean(Watched.class).pool.get());
              HikariDataSource application = context.getBean(HikariDataSource.class);
              assertThat(pool.get().getMaximumPoolSize()).isEqualTo(4);
              assertThat(pool.get().getPoolName()).isEqualTo("backfill-order-status");
              assertThat(application.getDataSourceProperties()).doesNotContainKey("ApplicationName");
            });
    assertThat(pool.get().isClosed()).isTrue();
  }

  @Test
  void credentialsThatAreRotatedAreUsedForTheNextConnection() {
    database.execute(
        "drop role if exists rotated", "create role rotated superuser login password 'next'");
    Contexts.on(database)
        .withPropertyValues(
            Contexts.orderStatus(
                "spring.datasource.url=" + database.url().replace("?user=postgres", ""),
                "spring.datasource.username=postgres",
                "backfill.definitions.order-status.batch.rows=100",
                "backfill.definitions.order-status.max-rows-per-second=100"))
        .run(
            context -> {
              await()
                  .atMost(Duration.ofMinutes(2))
                  .until(
                      () ->
                          context
                              .getBean(Backfills.class)
                              .list()
                              .stream()
                              .anyMatch(run -> run.rowsFilled() > 0));
              context
                  .getBean(HikariDataSource.class)
                  .getHikariConfigMXBean()
                  .setCredentials(Credentials.of("rotated", "next"));
              await()
                  .atMost(Duration.ofMinutes(2))
                  .until(
                      () -> {
                        database.execute(
                            "select pg_terminate_backend(pid) from pg_stat_activity"
                                + " where application_name = 'backfill' and usename = 'postgres'");
                        return hasSessionsOf("rotated");
                      });
            });
  }

  private boolean hasSessionsOf(String user) {
    return !database
        .query(
            "select count(*) from pg_stat_activity where application_name = 'backfill'"
                + " and usename = '"
                + user
                + "'")
        .equals("0");
  }

  @Configuration(proxyBeanMethods = false)
  static class Routing {
    @Bean
    DataSource dataSource(Environment environment) {
      HikariDataSource target = new HikariDataSource();
      target.setJdbcUrl(environment.getProperty("spring.datasource.url"));
      AbstractRoutingDataSource routing =
          new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
              return "a";
            }
          };
      routing.setTargetDataSources(Map.of("a", target));
      return routing;
    }
  }

  @Test
  void aRoutingDataSourceIsRefusedUnlessItIsNamed() {
    String[] properties = Contexts.orderStatus("backfill.startup=blocking");
    Contexts.on(database)
        .withUserConfiguration(Routing.class)
        .withPropertyValues(properties)
        .run(
            context ->
                assertThat(context.getBean(BackfillRegistry.class).all().get(0).failure().get())
                    .hasMessageContaining("backfill.datasource"));
    Contexts.on(database)
        .withUserConfiguration(Routing.class)
        .withPropertyValues(properties)
        .withPropertyValues("backfill.datasource=dataSource")
        .run(
            context ->
                assertThat(context.getBean(BackfillRegistry.class).all().get(0).state())
                    .isEqualTo(RegisteredBackfill.State.DONE));
  }

  @Configuration(proxyBeanMethods = false)
  static class Several {
    @Bean(destroyMethod = "close")
    HikariDataSource orders(Environment environment) {
      HikariDataSource pool = new HikariDataSource();
      pool.setJdbcUrl(environment.getProperty("spring.datasource.url"));
      return pool;
    }

    @Bean(destroyMethod = "close")
    HikariDataSource reports(Environment environment) {
      return orders(environment);
    }
  }

  @Test
  void ofSeveralDataSourcesOneHasToBeNamed() {
    Contexts.on(database)
        .withUserConfiguration(Several.class)
        .withPropertyValues(Contexts.orderStatus("backfill.startup=manual"))
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .hasStackTraceContaining("none is primary: [orders, reports]"));
    Contexts.on(database)
        .withUserConfiguration(Several.class)
        .withPropertyValues(
            Contexts.orderStatus("backfill.startup=manual", "backfill.datasource=orders"))
        .run(context -> assertThat(context).hasNotFailed());
  }
}
