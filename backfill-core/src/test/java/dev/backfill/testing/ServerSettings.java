package dev.backfill.testing;

import java.util.LinkedHashMap;
import java.util.Map;

/** How the servers that tests start are configured. */
final class ServerSettings {
  private ServerSettings() {}

  /**
   * Nothing that shapes locks, vacuum or WAL is moved from its default, so that what tests see is
   * what a production server does. Durability alone is off; see {@link PrivateServer} for crashes.
   */
  static Map<String, String> defaults() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("fsync", "off");
    settings.put("synchronous_commit", "on");
    settings.put("max_connections", "100");
    settings.put("max_prepared_transactions", "10");
    settings.put("wal_level", "replica");
    settings.put("autovacuum", "on");
    // Neither the JVM's zone nor UTC, and off by a half hour.
    settings.put("timezone", "Asia/Kolkata");
    settings.put("log_timezone", "Asia/Kolkata");
    return settings;
  }
}
