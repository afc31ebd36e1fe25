package dev.backfill.spring.metrics;

import dev.backfill.spring.BackfillAutoConfiguration;
import dev.backfill.spring.BackfillRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/** Metrics, where Micrometer is. */
@AutoConfiguration(after = BackfillAutoConfiguration.class)
@ConditionalOnClass(name = "io.micrometer.core.instrument.binder.MeterBinder")
@ConditionalOnBean(BackfillRegistry.class)
public final class BackfillMetricsAutoConfiguration {

  // The registry of backfills needs its listeners first, of which this is one.
  @Bean
  BackfillMetrics backfillMetrics(ObjectProvider<BackfillRegistry> backfills) {
    return new BackfillMetrics(backfills);
  }
}
