package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.Backfill;
import dev.backfill.BackfillDefinition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Malformed configuration fails the start, by the property's or the bean's name. */
class BadInputTest {
  private final ApplicationContextRunner contexts =
      Contexts.withoutDatabase().withPropertyValues("backfill.startup=manual");

  @Configuration(proxyBeanMethods = false)
  static class Bean1 {
    @Bean
    BackfillDefinition statusBean() {
      return Backfill.column("orders", "status_code").type("text").constant("x").build();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          workers=65                   | workers
          workers=many                 | workers
          max-rows-per-second=0        | max-rows-per-second
          max-wal-per-second=1B        | max-wal-per-second
          batch.rows=0                 | batch.rows
          bad-rows=ignore              | bad-rows
          quarantine.max=5             | quarantine
          quarantine.with-values=true  | quarantine
          batch.time=0s                | batch.time
          throttle.replication-lag=-1s | throttle.replication-lag
          throttle.lock-waits=0        | throttle.lock-waits
          throttle.dead-tuples=-1      | throttle.dead-tuples
          contract=never               | contract
          new-rows=nobody              | new-rows
          order=random                 | order
          vacuum.run-at=0              | vacuum.run-at
          vacuum.await-at=1.5          | vacuum.await-at
          vacuum.await-deadline=1m     | vacuum
          table=a.b.c                  | table
          column=                      | column
          type=                        | type
          where=                       | where
          worker=2                     | worker
          throttle.lag=1s              | throttle.lag
          """)
  void aBadValueIsRefusedByItsFullName(String line, String property) {
    contexts
        .withPropertyValues(
            Contexts.orderStatus("backfill.definitions.order-status." + line.strip()))
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .hasStackTraceContaining(
                        "backfill.definitions.order-status." + property.strip()));
  }

  @Test
  void aTypoAtTheTopIsRefused() {
    contexts
        .withPropertyValues("backfill.mode=plan")
        .run(c -> assertThat(c).getFailure().hasStackTraceContaining("backfill.mode"));
  }

  @Test
  void aNameWithADotIsRefused() {
    contexts
        .withPropertyValues("backfill.definitions.shop.orders.table=orders")
        .run(
            c ->
                assertThat(c)
                    .getFailure()
                    .hasStackTraceContaining("backfill.definitions.shop.orders.table"));
  }

  @Test
  void aNameWithoutItsHyphenAsInAnEnvironmentVariableIsRefused() {
    contexts
        .withPropertyValues(Contexts.orderStatus("backfill.definitions.orderstatus.workers=2"))
        .run(
            c ->
                assertThat(c)
                    .getFailure()
                    .hasStackTraceContaining("backfill.definitions.orderstatus")
                    .hasStackTraceContaining("backfill.definitions.order-status"));
  }

  @Test
  void aDefinitionThatLacksItsTableIsNamed() {
    contexts
        .withPropertyValues("backfill.definitions.orders.workers=2")
        .run(
            c ->
                assertThat(c)
                    .getFailure()
                    .hasStackTraceContaining("backfill.definitions.orders.table is not set"));
  }

  @Test
  void valueAndConstantAreRefusedTogether() {
    contexts
        .withPropertyValues(Contexts.orderStatus("backfill.definitions.order-status.constant=x"))
        .run(c -> assertThat(c).getFailure().hasStackTraceContaining("both value and constant"));
  }

  @Test
  void twoWaysToVacuumAreRefusedTogether() {
    contexts
        .withPropertyValues(
            Contexts.orderStatus(
                "backfill.definitions.order-status.vacuum.run-at=0.1",
                "backfill.definitions.order-status.vacuum.await-at=0.1"))
        .run(c -> assertThat(c).getFailure().hasStackTraceContaining("both run-at and await-at"));
  }

  @Test
  void aDeadlineThatIsTooShortIsRefusedByItsName() {
    contexts
        .withPropertyValues(
            Contexts.orderStatus(
                "backfill.definitions.order-status.vacuum.await-at=0.1",
                "backfill.definitions.order-status.vacuum.await-deadline=10ms"))
        .run(
            c ->
                assertThat(c)
                    .getFailure()
                    .hasStackTraceContaining(
                        "backfill.definitions.order-status.vacuum.await-deadline is refused"));
  }

  @Test
  void aBeanAndAPropertyOfTheSameColumnAreRefused() {
    contexts
        .withUserConfiguration(Bean1.class)
        .withPropertyValues(Contexts.orderStatus())
        .run(
            c ->
                assertThat(c)
                    .getFailure()
                    .hasStackTraceContaining("bean 'statusBean'")
                    .hasStackTraceContaining("backfill.definitions.order-status"));
  }

  @Test
  void aDataSourceThatIsNotThereIsRefusedWithThoseThatAre() {
    contexts
        .withPropertyValues("backfill.datasource=orders")
        .run(
            c ->
                assertThat(c)
                    .getFailure()
                    .hasStackTraceContaining("backfill.datasource is 'orders'"));
  }
}
