package dev.backfill.spring.actuate;

import dev.backfill.Backfills;
import dev.backfill.spring.BackfillAutoConfiguration;
import dev.backfill.spring.BackfillRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** The endpoint {@code backfills}, where it is exposed. */
@AutoConfiguration(after = BackfillAutoConfiguration.class)
@ConditionalOnClass(
    name =
        "org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint")
@ConditionalOnAvailableEndpoint(endpoint = BackfillsEndpoint.class)
@ConditionalOnBean(BackfillRegistry.class)
public final class BackfillsEndpointAutoConfiguration {

  // Asked for at the first request: that bean needs jOOQ.
  @Bean
  @ConditionalOnMissingBean
  BackfillsEndpoint backfillsEndpoint(
      ObjectProvider<Backfills> backfills, BackfillRegistry registry) {
    return new BackfillsEndpoint(backfills, registry);
  }
}
