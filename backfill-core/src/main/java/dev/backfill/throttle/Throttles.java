package dev.backfill.throttle;

import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;

/**
 * What a run can hold back for. Limits are above zero; a value at the limit stops the run, and at
 * half of it, three seconds in a row, it goes on. Only {@link #defaults()} are watched unless asked
 * for.
 *
 * <p>A signal that this role may not read, or only in part, is said once, with the GRANT that mends
 * it, and the run goes on as it was; {@link #replicationLag} stops it. Signals only read: how long
 * a commit takes is measured by the run's own heartbeat and paces its rests, so it is no signal.
 */
public final class Throttles {
  private Throttles() {}

  /** What is watched when nothing is asked for. */
  public static List<Throttle> defaults() {
    return List.of(ReplicationLag.byDefault(), lockWaits(10));
  }

  /** How far standbys may fall behind. By default 5 s, where they can be seen. */
  public static ReplicationLag replicationLag(Duration limit) {
    return ReplicationLag.of(limit);
  }

  /**
   * {@code lock-waits}: sessions that wait for a lock and use the table: on it, on a row of it, or
   * elsewhere in a transaction that touched it. Ours are not counted. By default 10. Any role may
   * read it ({@code pg_locks}).
   */
  public static Signal lockWaits(int sessions) {
    return new CatalogSignal(
        "lock-waits",
        Positive.require("lockWaits", sessions),
        "sessions",
        CatalogQueries.LOCK_WAITS,
        CatalogSignal.TABLES);
  }

  /**
   * {@code lock-waits-in-database}: sessions of the database that wait for any lock, whatever table
   * it is on. Ours are not counted. Any role may read it ({@code pg_locks}).
   */
  public static Signal lockWaitsInDatabase(int sessions) {
    return new CatalogSignal(
        "lock-waits-in-database",
        Positive.require("lockWaitsInDatabase", sessions),
        "sessions",
        CatalogQueries.LOCK_WAITS_IN_DATABASE,
        CatalogSignal.NOTHING);
  }

  /**
   * {@code slot-retained-wal}: bytes of WAL that the server keeps for the replication slot that is
   * furthest behind, active or not; an unreserved one counts as at the limit, a lost one retains
   * nothing and is named once. A slot that nobody reads holds the run until somebody drops it. Any
   * role may read it ({@code pg_replication_slots}).
   */
  public static Signal slotRetainedWal(long bytes) {
    double limit = Positive.require("slotRetainedWal", bytes);
    return new CatalogSignal(
        "slot-retained-wal",
        limit,
        "bytes",
        CatalogQueries.SLOT_RETAINED_WAL,
        (statement, context) -> statement.setDouble(1, limit));
  }

  /**
   * {@code archiver-backlog}: finished WAL files that are not archived. Any role may read it from
   * {@code pg_stat_archiver} once the archiver has tried a file; before that only a member of
   * pg_monitor ({@code pg_ls_archive_statusdir}).
   */
  public static Signal archiverBacklog(int files) {
    return new ArchiverBacklog(Positive.require("archiverBacklog", files));
  }

  /**
   * {@code oldest-snapshot}: for how long somebody else's transaction, a prepared one included, has
   * kept the table's old row versions from being pruned, in seconds. It spoils updates in place as
   * well as vacuum. Replication slots hold snapshots too, whose time nobody knows: they are named,
   * not counted. Takes pg_monitor to see sessions of other roles ({@code pg_stat_activity}, {@code
   * pg_prepared_xacts}, {@code pg_replication_slots}).
   */
  public static Signal oldestSnapshot(Duration age) {
    return new CatalogSignal(
        "oldest-snapshot",
        Positive.require("oldestSnapshot", age),
        "s",
        CatalogQueries.OLDEST_SNAPSHOT,
        CatalogSignal.NOTHING);
  }

  /**
   * {@code active-sessions}: client sessions of others that are executing a statement, in any
   * database of the server. Takes pg_monitor to see those of other roles ({@code
   * pg_stat_activity}).
   */
  public static Signal activeSessions(int sessions) {
    return new CatalogSignal(
        "active-sessions",
        Positive.require("activeSessions", sessions),
        "sessions",
        CatalogQueries.ACTIVE_SESSIONS,
        CatalogSignal.NOTHING);
  }

  /**
   * {@code dead-tuples}: dead rows of the table and its partitions, as the statistics estimate
   * them. The run makes some itself, and waits at the limit until they are vacuumed or pruned: for
   * ever where autovacuum is off or needs more of them to begin. Any role may read it ({@code
   * pg_stat_all_tables}).
   */
  public static Signal deadTuples(long rows) {
    return new CatalogSignal(
        "dead-tuples",
        Positive.require("deadTuples", rows),
        "rows",
        CatalogQueries.DEAD_TUPLES,
        CatalogSignal.TABLES);
  }

  /**
   * {@code dead-tuple-share}: as {@link #deadTuples}, as a share of all rows.
   *
   * @param share above 0 and at most 1; autovacuum begins at 0.2 unless it is set otherwise
   */
  public static Signal deadTupleShare(double share) {
    double limit = Positive.require("deadTupleShare", share);
    if (limit > 1) {
      throw new IllegalArgumentException(
          "deadTupleShare: the limit must be at most 1, was " + share);
    }
    return new CatalogSignal(
        "dead-tuple-share", limit, "", CatalogQueries.DEAD_TUPLE_SHARE, CatalogSignal.TABLES);
  }

  /**
   * {@code wal-rate}: bytes of WAL per second that the whole server writes, the run's own included,
   * over the last 5 s. A cap on the run alone, without stopping, is {@code maxWalBytesPerSecond} of
   * the definition. Any role may read it ({@code pg_current_wal_insert_lsn()}).
   */
  public static Signal walRate(long bytesPerSecond) {
    return new WalRate(Positive.require("walRate", bytesPerSecond));
  }

  /** As {@link #query(String, String, double, String)}, a plain number. */
  public static Signal query(String name, String sql, double limit) {
    return query(name, sql, limit, "");
  }

  /**
   * A quantity that a query of yours reads.
   *
   * @param name what it is called in events, logs and settings
   * @param sql returns one row of one number, or NULL when it is not known now; read about once a
   *     second and cancelled after 300 ms. It is SQL that you write; anything else that it returns,
   *     or a syntax error, refuses the run before anything is changed
   * @param limit above 0
   * @param unit for messages
   */
  public static Signal query(String name, String sql, double limit, String unit) {
    return new QuerySignal(name, limit, unit, sql);
  }

  /**
   * {@code hours}: batches start only from one time of the day until before another, over midnight
   * where {@code from} is the later one; outside of them the value is 1, and the message says when
   * they come again. Asks no database.
   *
   * @throws IllegalArgumentException when both are equal: hours that never come
   */
  public static Signal hours(ZoneId zone, LocalTime from, LocalTime to) {
    return new Hours(zone, from, to, InstantSource.system());
  }
}
