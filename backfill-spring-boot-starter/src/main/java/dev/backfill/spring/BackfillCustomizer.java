package dev.backfill.spring;

import dev.backfill.BackfillBuilder;

/**
 * A bean of this type may add to the definitions that are made of properties what properties cannot
 * say: a throttle by a query, a standby's DataSource. Called in {@code @Order} for each of them.
 */
@FunctionalInterface
public interface BackfillCustomizer {
  /**
   * @param name the name under {@code backfill.definitions}
   * @param builder has what the properties say; an option that they set cannot be set again
   */
  void customize(String name, BackfillBuilder builder);
}
