package dev.backfill.spring;

import com.zaxxer.hikari.HikariDataSource;

/** A bean of this type may change the small pool of a run before it opens its first connection. */
@FunctionalInterface
public interface BackfillPoolCustomizer {
  void customize(HikariDataSource pool);
}
