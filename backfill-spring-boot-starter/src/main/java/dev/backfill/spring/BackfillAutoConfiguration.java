package dev.backfill.spring;

import dev.backfill.Backfills;
import dev.backfill.spring.pool.ConnectionSource;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.sql.init.dependency.DatabaseInitializationDependencyConfigurer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Runs the application's backfills. {@code backfill.enabled} is no condition: ahead-of-time
 * compilation would freeze it.
 */
@AutoConfiguration(
    // Boot 3.5, and Boot 4 with its classes moved: after a name that is not there says nothing.
    afterName = {
      "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
      "org.springframework.boot.autoconfigure.flyway.FlywayAutoConfiguration",
      "org.springframework.boot.autoconfigure.liquibase.LiquibaseAutoConfiguration",
      "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
      "org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration",
      "org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration"
    })
@ConditionalOnClass({DataSource.class, DelegatingDataSource.class})
@ConditionalOnBean(DataSource.class)
@EnableConfigurationProperties(BackfillProperties.class)
public final class BackfillAutoConfiguration {

  // Nobody else brings it where neither Flyway, Liquibase nor SQL scripts are in use.
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(
      name =
          "org.springframework.boot.sql.init.dependency.DatabaseInitializationDependencyConfigurer")
  @Import(DatabaseInitializationDependencyConfigurer.class)
  static class ExpansionOrder {}

  @Bean
  ConnectionSource backfillConnections(
      ListableBeanFactory beans, BackfillProperties properties, Environment environment) {
    return new RegistryFactory(beans, properties).connections(environment);
  }

  // Lazy: it needs jOOQ, and an application that never asks for it starts with one that is too new.
  @Bean
  @Lazy
  @ConditionalOnMissingBean
  Backfills backfills(ConnectionSource connections, BackfillProperties properties) {
    return Linked.call(() -> Backfills.on(connections.application(), properties.stateSchema()));
  }

  @Bean
  BackfillRegistry backfillRegistry(
      ListableBeanFactory beans, BackfillProperties properties, ConnectionSource connections) {
    return new RegistryFactory(beans, properties).registry(connections);
  }

  @Bean(BackfillExpansion.BEAN_NAME)
  BackfillExpansion backfillExpansion(
      BackfillProperties properties, BackfillRegistry registry, ConnectionSource connections) {
    return new BackfillExpansion(properties, registry.all(), connections.application());
  }

  // Not lazy, whatever spring.main.lazy-initialization says: nobody asks for this bean.
  @Bean
  @Lazy(false)
  BackfillLifecycle backfillLifecycle(
      BackfillProperties properties,
      BackfillRegistry registry,
      ConnectionSource connections,
      Environment environment) {
    Duration patience =
        Binder.get(environment)
            .bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class)
            .orElse(Duration.ofSeconds(30));
    return new BackfillLifecycle(
        properties, registry.all(), new Approvals(connections.application()), patience);
  }
}
