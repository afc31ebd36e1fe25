package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.Backfill;
import dev.backfill.BackfillDefinition;
import jakarta.persistence.EntityManagerFactory;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.mock.env.MockEnvironment;

class JpaIT {
  private final TestServer.Database database = TestServer.database(10);

  private ApplicationContextRunner validating(String... technologies) {
    return Contexts.on(database, technologies)
        .withUserConfiguration(Entities.class)
        .withPropertyValues("spring.jpa.hibernate.ddl-auto=validate", "backfill.startup=manual");
  }

  @Configuration(proxyBeanMethods = false)
  @AutoConfigurationPackage
  static class Entities {}

  @Test
  void expandedBeforeJpaTheColumnIsThereWhenTheSchemaIsValidated() {
    validating("jpa")
        .withPropertyValues(Contexts.orderStatus("backfill.expand=before-jpa"))
        .run(context -> assertThat(context).hasNotFailed());
  }

  @Test
  void theExpansionComesAfterFlyway() {
    validating("flyway", "jpa")
        .withPropertyValues(
            Contexts.orderStatus(
                "backfill.expand=before-jpa",
                "spring.flyway.baseline-on-migrate=true",
                "spring.flyway.baseline-version=0",
                "backfill.definitions.state.table=invoices",
                "backfill.definitions.state.column=state",
                "backfill.definitions.state.type=text",
                "backfill.definitions.state.value='open'"))
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(
                      database.query(
                          "select count(*) from information_schema.columns"
                              + " where table_name = 'invoices' and column_name = 'state'"))
                  .isEqualTo("1");
            });
  }

  @Test
  void aMissingColumnIsExplainedWithThePropertyToSet() {
    validating("jpa")
        .withPropertyValues(Contexts.orderStatus())
        .run(
            context -> {
              MockEnvironment environment =
                  new MockEnvironment()
                      .withProperty("backfill.definitions.order-status.column", "status_code");
              FailureAnalysis analysis =
                  new MissingColumnAnalyzer(environment).analyze(context.getStartupFailure());
              assertThat(analysis.getDescription())
                  .contains("\"status_code\"")
                  .contains("backfill.definitions.order-status adds it");
              assertThat(analysis.getAction()).contains("backfill.expand=before-jpa");
            });
  }

  @Configuration(proxyBeanMethods = false)
  static class NeedsJpa {
    @Bean
    BackfillDefinition priority(EntityManagerFactory factory) {
      return Backfill.column("orders", "priority").type("int").value("1").build();
    }
  }

  @Test
  void aDefinitionThatNeedsWhatWaitsForItIsExplained() {
    validating("jpa")
        .withUserConfiguration(NeedsJpa.class)
        .withPropertyValues("backfill.expand=before-jpa")
        .run(
            context -> {
              FailureAnalysis analysis =
                  new ExpansionCycleAnalyzer().analyze(context.getStartupFailure());
              assertThat(analysis.getAction()).contains("backfill.expand=background");
            });
  }
}
