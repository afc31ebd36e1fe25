package dev.backfill.throttle;

import java.time.Duration;
import java.util.List;

/** What a run can hold back for. Limits are above zero; a value at the limit stops the run. */
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
   * Sessions that wait for a lock and use the table: on it, on a row of it, or elsewhere in a
   * transaction that touched it. By default 10.
   */
  public static Signal lockWaits(int sessions) {
    return new QuerySignal(
        "lock-waits",
        Positive.require("lockWaits", sessions),
        sessions / 2.0,
        "sessions",
        false,
        """
        select count(*)
        from (select distinct pid from pg_catalog.pg_locks where not granted) as waiting
        where exists (
          select from pg_catalog.pg_locks as held
          where held.pid = waiting.pid
            and held.relation = any (cast(? as oid[]))
            and held.database = (
              select oid from pg_catalog.pg_database where datname = current_database()))
        """,
        true);
  }
}
