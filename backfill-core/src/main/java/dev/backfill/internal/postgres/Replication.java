package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jooq.Record;

/** Where the primary and its standbys are, as byte positions in the WAL. */
public final class Replication {
  private static final String PRIMARY =
      "select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint as inserted,"
          + " (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint as flushed";

  private static final String SENDERS =
      """
      select coalesce(nullif(application_name, ''), 'standby') || '@'
               || coalesce(host(client_addr), 'local') as name,
             application_name, state,
             (replay_lsn - '0/0'::pg_lsn)::bigint as replayed
      from pg_catalog.pg_stat_replication
      order by backend_start, pid
      """;

  // Their names changed with PostgreSQL 17. Counted when a checkpoint begins, which is when pages
  // start to be written whole again; the control file tells only when it is over.
  private static final String CHECKPOINTS_17 =
      "select (num_timed + num_requested)::bigint from pg_catalog.pg_stat_checkpointer";
  private static final String CHECKPOINTS =
      "select (checkpoints_timed + checkpoints_req)::bigint from pg_catalog.pg_stat_bgwriter";

  // The startup process waits for a query whose snapshot, pin or lock the next record takes away;
  // whose it is it does not say, and the oldest is it nearly always.
  private static final String REPLAYED =
      """
      select (coalesce(pg_last_wal_replay_lsn(), pg_current_wal_flush_lsn()) - '0/0'::pg_lsn)::bigint
               as replayed,
             case when exists (
               select from pg_catalog.pg_stat_activity where backend_type = 'startup'
                 and (wait_event like 'RecoveryConflict%' or wait_event_type in ('BufferPin', 'Lock')))
             then coalesce((
               select format('session %s there, whose transaction is %s s old', pid,
                        extract(epoch from clock_timestamp() - xact_start)::bigint)
               from pg_catalog.pg_stat_activity
               where backend_type = 'client backend' and pid <> pg_backend_pid()
                 and xact_start is not null
               order by xact_start limit 1), 'a query there') end as conflict
      """;

  private Replication() {}

  /** What a walsender is at. */
  public enum State {
    /** Sends what is written. */
    STREAMING,
    /** Sends what was written before: a standby that joined, or came back. */
    CATCHING_UP,
    /** A base backup, or a receiver that archives and never replays. */
    NO_STANDBY,
    /** The role may not look: it is no member of pg_monitor. */
    HIDDEN
  }

  /**
   * A standby as the primary sees it.
   *
   * @param name application_name and address; numbered where several have the same
   * @param replayed position up to which it has replayed, empty when not known
   */
  public record Sender(String name, String applicationName, State state, OptionalLong replayed) {}

  /** The primary and its standbys at one moment. */
  public record Look(long inserted, long flushed, List<Sender> senders) {
    public Look {
      senders = List.copyOf(senders);
    }
  }

  /** Reads positions and walsenders; fails on a server that is in recovery. */
  public static Look look(Connection connection) {
    List<Sender> senders = senders(connection);
    // After the standbys: none can have replayed what is not yet written here.
    Record primary = Jooq.on(connection).fetchSingle(PRIMARY);
    return new Look(
        primary.get("inserted", Long.class), primary.get("flushed", Long.class), senders);
  }

  private static List<Sender> senders(Connection connection) {
    List<Sender> senders = new ArrayList<>();
    Map<String, Integer> seen = new HashMap<>();
    for (Record r : Jooq.on(connection).fetch(SENDERS)) {
      String name = r.get("name", String.class);
      int count = seen.merge(name, 1, Integer::sum);
      Long replayed = r.get("replayed", Long.class);
      senders.add(
          new Sender(
              count == 1 ? name : name + " #" + count,
              String.valueOf(r.get("application_name", String.class)),
              state(r.get("state", String.class), replayed != null),
              replayed == null ? OptionalLong.empty() : OptionalLong.of(replayed)));
    }
    return senders;
  }

  private static State state(@org.jspecify.annotations.Nullable String state, boolean replays) {
    if (state == null) {
      return State.HIDDEN;
    }
    return switch (state) {
      case "streaming" -> replays ? State.STREAMING : State.NO_STANDBY;
      case "startup", "catchup" -> State.CATCHING_UP;
      default -> State.NO_STANDBY;
    };
  }

  /** How many checkpoints have begun. */
  public static long checkpoints(Connection connection, int majorVersion) {
    return Jooq.on(connection)
        .fetchSingle(majorVersion >= 17 ? CHECKPOINTS_17 : CHECKPOINTS)
        .get(0, Long.class);
  }

  /**
   * What a standby says of itself.
   *
   * @param conflict the query that its replay waits for, empty when it waits for none or the role
   *     may not see that
   */
  public record Replica(long replayed, Optional<String> conflict) {}

  /** Asked of a standby itself: up to where it has replayed, and what keeps it from going on. */
  public static Replica replica(Connection standby) {
    Record r = Jooq.on(standby).fetchSingle(REPLAYED);
    return new Replica(
        r.get("replayed", Long.class), Optional.ofNullable(r.get("conflict", String.class)));
  }
}
