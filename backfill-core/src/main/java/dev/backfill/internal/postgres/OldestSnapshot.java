package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.time.Duration;

/** The oldest snapshot on the server: while it lives, no page that we updated can be pruned. */
public final class OldestSnapshot {
  // A transaction that has written holds pruning back by its own number, with no snapshot too;
  // sessions of other databases hold nothing back here, but for walsenders, which pass on what a
  // standby needs. A slot's xmin counts as well; age(xid) orders them all, and the clock is known
  // for sessions and prepared transactions only.
  // VACUUM holds nothing back either, by whomever, nor do its parallel workers, which are known by
  // their leader; VACUUM FULL does, and is not shown there.
  // The kind of a session that the role may not see is told by what everybody sees.
  private static final String HOLDERS =
      """
      select age(coalesce(backend_xmin, backend_xid)) as xids, xact_start as since,
             'session ' || pid || coalesce(' ' || nullif(application_name, ''), '') as holder
      from (select *, coalesce(backend_type, case when usesysid is null then 'autovacuum worker'
              when datid is null then 'walsender' else 'client backend' end) as kind
            from pg_stat_activity) as a
      where coalesce(backend_xmin, backend_xid) is not null and pid <> pg_backend_pid()
        and kind not like 'autovacuum%'
        and coalesce(leader_pid, pid) not in
          (select v.pid from pg_stat_progress_vacuum as v where v.pid is not null)
        and (datname = current_database() or kind = 'walsender')
      union all
      select age(transaction), prepared, 'prepared transaction ' || gid
      from pg_prepared_xacts where database = current_database()
      union all
      select age(xmin), null, 'replication slot ' || slot_name
      from pg_replication_slots where xmin is not null
      """;

  private OldestSnapshot() {}

  /** Its age by the database's clock; zero when there is none or its start is not known. */
  public static Duration age(Connection connection) {
    Double seconds =
        Jooq.on(connection)
            .fetchSingle(
                "select coalesce(extract(epoch from clock_timestamp() - min(since)), 0)::float8 from ("
                    + HOLDERS
                    + ") as holders")
            .get(0, Double.class);
    return Duration.ofMillis((long) (Math.max(0, seconds) * 1000));
  }

  /** Who holds it, for a message. */
  public static String holder(Connection connection) {
    return Jooq.on(connection)
        .fetchOptional(
            "select holder || coalesce(', since ' || since, '') from ("
                + HOLDERS
                + ") as holders order by xids desc limit 1")
        .map(r -> r.get(0, String.class))
        .orElse("none is held now");
  }

  /**
   * What the snapshots of others keep.
   *
   * @param next the number of the next transaction
   * @param oldest versions that ended before this one are seen by nobody any more
   */
  public record Horizon(long next, long oldest) {}

  public static Horizon horizon(Connection connection) {
    return Jooq.on(connection)
        .fetchSingle(
            "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint,"
                + " (select coalesce(max(xids), 0) from ("
                + HOLDERS
                + ") as holders)::bigint")
        .map(
            r -> {
              long next = r.get(0, Long.class);
              return new Horizon(next, next - r.get(1, Long.class));
            });
  }
}
