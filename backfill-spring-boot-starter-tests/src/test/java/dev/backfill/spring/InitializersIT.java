package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Whoever makes the schema comes first; Flyway is in {@link JpaIT}. */
class InitializersIT {
  private final TestServer.Database database = TestServer.database(0);

  private void bills(ApplicationContextRunner application) {
    application
        .withPropertyValues(
            "backfill.startup=blocking",
            "backfill.definitions.state.table=bills",
            "backfill.definitions.state.column=state",
            "backfill.definitions.state.type=text",
            "backfill.definitions.state.value=case when paid_at is null then 'open' else 'paid' end")
        .run(
            context -> {
              assertThat(context.getBean(BackfillRegistry.class).all())
                  .extracting(RegisteredBackfill::state)
                  .containsExactly(RegisteredBackfill.State.DONE);
              assertThat(database.query("select count(*) from bills where state = 'open'"))
                  .isEqualTo("10");
            });
  }

  @Test
  void itRunsAfterLiquibase() {
    bills(
        Contexts.on(database, "liquibase")
            .withPropertyValues(
                "spring.liquibase.enabled=true",
                "spring.liquibase.change-log=classpath:/db/changelog/bills.sql"));
  }

  @Test
  void itRunsAfterSchemaSql() {
    bills(
        Contexts.on(database, "sql")
            .withPropertyValues(
                "spring.sql.init.mode=always",
                "spring.sql.init.schema-locations=classpath:/db/bills-schema.sql"));
  }

  @Test
  void theExpansionBeforeJpaComesAfterThemToo() {
    bills(
        Contexts.on(database, "liquibase")
            .withPropertyValues(
                "backfill.expand=before-jpa",
                "spring.liquibase.enabled=true",
                "spring.liquibase.change-log=classpath:/db/changelog/bills.sql"));
    bills(
        Contexts.on(fresh(), "sql")
            .withPropertyValues(
                "backfill.expand=before-jpa",
                "spring.sql.init.mode=always",
                "spring.sql.init.schema-locations=classpath:/db/bills-schema.sql"));
  }

  private TestServer.Database fresh() {
    database.execute("drop table bills", "drop schema backfill cascade");
    return database;
  }
}
