package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.time.Duration;

/**
 * What the server says of itself.
 *
 * @param version server_version_num, 180006 for 18.6
 * @param readOnly in recovery, or default_transaction_read_only is on
 * @param effectiveCacheBytes what the planner takes the caches of server and system for together
 * @param countsRows whether sessions count the rows that they update (track_counts)
 */
public record ServerInfo(
    int version,
    boolean inRecovery,
    boolean readOnly,
    Duration deadlockTimeout,
    Duration checkpointTimeout,
    long sharedBuffersBytes,
    long effectiveCacheBytes,
    boolean countsRows,
    String database,
    String user) {

  public int major() {
    return version / 10_000;
  }

  public static ServerInfo read(Connection connection) {
    return Jooq.on(connection)
        .fetchSingle(
            """
            select current_setting('server_version_num')::int,
                   pg_is_in_recovery(),
                   current_setting('transaction_read_only')::boolean,
                   (select setting::bigint from pg_settings where name = 'deadlock_timeout'),
                   (select setting::bigint from pg_settings where name = 'checkpoint_timeout'),
                   (select setting::bigint * 8192 from pg_settings where name = 'shared_buffers'),
                   (select setting::bigint * 8192 from pg_settings where name = 'effective_cache_size'),
                   current_setting('track_counts')::boolean,
                   current_database()::text,
                   current_user::text
            """)
        .map(
            r ->
                new ServerInfo(
                    r.get(0, Integer.class),
                    r.get(1, Boolean.class),
                    r.get(2, Boolean.class),
                    Duration.ofMillis(r.get(3, Long.class)),
                    Duration.ofSeconds(r.get(4, Long.class)),
                    r.get(5, Long.class),
                    r.get(6, Long.class),
                    r.get(7, Boolean.class),
                    r.get(8, String.class),
                    r.get(9, String.class)));
  }
}
