package dev.backfill.spring;

import java.util.Set;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.sql.init.dependency.DatabaseInitializerDetector;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/** Makes JPA wait for the expansion, and the expansion for Flyway, Liquibase and schema.sql. */
final class ExpansionDetector implements DatabaseInitializerDetector {
  private final Environment environment;

  ExpansionDetector(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Set<String> detect(ConfigurableListableBeanFactory beans) {
    boolean first =
        Binder.get(environment)
            .bind("backfill.expand", Expand.class)
            .map(expand -> expand == Expand.BEFORE_JPA)
            .orElse(false);
    return first && beans.containsBeanDefinition(BackfillExpansion.BEAN_NAME)
        ? Set.of(BackfillExpansion.BEAN_NAME)
        : Set.of();
  }

  @Override
  public int getOrder() {
    return Ordered.LOWEST_PRECEDENCE;
  }
}
