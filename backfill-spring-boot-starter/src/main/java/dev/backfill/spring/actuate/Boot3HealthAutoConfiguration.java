package dev.backfill.spring.actuate;

import dev.backfill.spring.BackfillAutoConfiguration;
import dev.backfill.spring.BackfillProperties;
import dev.backfill.spring.BackfillRegistry;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Health of the backfills on Boot 3.5. */
@AutoConfiguration(after = BackfillAutoConfiguration.class)
@ConditionalOnClass(
    name =
        "org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator")
@ConditionalOnEnabledHealthIndicator("backfill")
@ConditionalOnBean(BackfillRegistry.class)
public final class Boot3HealthAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean(name = "backfillHealthIndicator")
  HealthIndicator backfillHealthIndicator(
      BackfillRegistry registry, BackfillProperties properties) {
    BackfillHealth health = new BackfillHealth(registry, properties.health().downWhenFailed());
    return () -> {
      BackfillHealth.Assessment now = health.assess();
      return Health.status(now.status()).withDetails(now.details()).build();
    };
  }
}
