package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.Backfills;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

class PresenceTest {

  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {}

  @Test
  void anApplicationThatHasTheJarAndADataSourceHasTheBeans() {
    // Found as an application finds it, in the order of all auto-configurations there are.
    try (ConfigurableApplicationContext context =
        new SpringApplicationBuilder(Application.class)
            .web(WebApplicationType.NONE)
            .run(
                "--spring.datasource.url=jdbc:postgresql://localhost:1/x",
                "--spring.flyway.enabled=false",
                "--spring.jpa.hibernate.ddl-auto=none",
                "--spring.jpa.properties.hibernate.boot.allow_jdbc_metadata_access=false",
                "--spring.jpa.properties.hibernate.dialect=org.hibernate.dialect.PostgreSQLDialect")) {
      assertThat(context.getBeansOfType(Backfills.class)).hasSize(1);
      assertThat(context.getBean(BackfillRegistry.class).all()).isEmpty();
    }
  }

  @Test
  void withNothingToDoItOpensNoConnectionAndStartsNoThread() {
    Contexts.withoutDatabase()
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context.getBean(HikariDataSource.class).isRunning()).isFalse();
              assertThat(Thread.getAllStackTraces().keySet())
                  .extracting(Thread::getName)
                  .noneMatch(name -> name.startsWith("backfill"));
            });
  }
}
