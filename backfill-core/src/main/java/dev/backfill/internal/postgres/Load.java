package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.time.Duration;
import java.util.List;

/** Who else is at work on the server, and who waits for us. */
public final class Load {
  // What the view hides from a role, the backend's type too, it shows as NULL, but never the user.
  private static final String OTHERS =
      """
      select count(*) filter (where state = 'active' and query not like ?) as active,
             count(*) filter (where query = '<insufficient privilege>') as hidden
      from pg_catalog.pg_stat_activity
      where coalesce(backend_type = 'client backend', usesysid is not null)
        and pid <> pg_backend_pid()
      """;

  // Behind the first waiter of a row the others wait for that waiter, not for us: followed on.
  // Looked
  // at only when somebody waits at all, since pg_blocking_pids stops the lock manager for a moment.
  private static final String WAITING =
      "select count(*) from pg_catalog.pg_locks where not granted";
  private static final String BLOCKED_BY_US =
      """
      with recursive ours as (
        select pid from pg_catalog.pg_stat_activity
        where datname = current_database() and query like ? and xact_start < clock_timestamp() - make_interval(secs => ?)),
      waiting as (
        select pid, pg_blocking_pids(pid) as blockers
        from (select distinct pid from pg_catalog.pg_locks where not granted) as w),
      blocked as (
        select w.pid, o.pid as by_ours from waiting w join ours o on o.pid = any (w.blockers)
        union
        select w.pid, b.by_ours from waiting w join blocked b on b.pid = any (w.blockers))
      select by_ours, count(*) as sessions from blocked
      where pid not in (select pid from ours) group by by_ours
      """;

  private static final String TRANSACTIONS =
      """
      select xact_commit + xact_rollback from pg_catalog.pg_stat_database
      where datname = current_database()
      """;
  private static final String CANCEL =
      """
      select pg_cancel_backend(pid) from pg_catalog.pg_stat_activity
      where pid = ? and datname = current_database() and state = 'active' and query like ?
        and xact_start < clock_timestamp() - make_interval(secs => ?)
      """;

  private Load() {}

  /** Client sessions of others that are executing something; -1 when the role may not see that. */
  public static int activeOthers(Connection connection) {
    return Jooq.on(connection)
        .fetchSingle(OTHERS, BatchTag.ANY_LIKE)
        .map(
            r ->
                r.get("active", Integer.class) == 0 && r.get("hidden", Integer.class) > 0
                    ? -1
                    : r.get("active", Integer.class));
  }

  /** Transactions of this database that ended since its statistics began, ours among them. */
  public static long transactions(Connection connection) {
    return Jooq.on(connection).fetchSingle(TRANSACTIONS).get(0, Long.class);
  }

  /** A session of ours, and how many wait for it, directly or behind others. */
  public record Blocking(int pid, int sessions) {}

  /** Sessions of a run whose transaction is older than a budget and that others wait for. */
  public static List<Blocking> blockedBy(Connection connection, String run, Duration budget) {
    if (Jooq.on(connection).fetchSingle(WAITING).get(0, Long.class) == 0) {
      return List.of();
    }
    return Jooq.on(connection)
        .fetch(BLOCKED_BY_US, BatchTag.of(run) + "%", budget.toNanos() / 1e9)
        .map(r -> new Blocking(r.get("by_ours", Integer.class), r.get("sessions", Integer.class)));
  }

  /**
   * Cancels what a session of ours is executing, and its transaction rolls back. It is looked at
   * again: behind a pool the session may be the application's by now.
   */
  public static void cancel(Connection connection, String run, Blocking ours, Duration budget) {
    Jooq.on(connection).fetch(CANCEL, ours.pid(), BatchTag.of(run) + "%", budget.toNanos() / 1e9);
  }
}
