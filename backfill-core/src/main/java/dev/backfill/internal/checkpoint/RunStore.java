package dev.backfill.internal.checkpoint;

import static dev.backfill.internal.checkpoint.StateTables.optional;

import dev.backfill.internal.postgres.Jooq;
import dev.backfill.model.Phase;
import dev.backfill.model.RunEvent;
import dev.backfill.model.RunState;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jooq.Record;

/** Reads and writes the {@code run} table. Every write of an owner is fenced by its lease. */
public final class RunStore {
  private final StateTables tables;

  public RunStore(String schema) {
    this.tables = StateTables.in(schema);
  }

  /** Enters a run under its name unless there is one already, or another one of the column. */
  public void register(
      Connection connection,
      String name,
      long tableOid,
      String tableName,
      String columnName,
      Map<String, String> definition) {
    Jooq.on(connection)
        .execute(
            "insert into "
                + tables.run()
                + " (name, table_oid, table_name, column_name, definition)"
                + " values (?, cast(? as bigint)::oid, ?, ?,"
                + " jsonb_object(cast(? as text[]), cast(? as text[])))"
                + " on conflict do nothing",
            name,
            tableOid,
            tableName,
            columnName,
            definition.keySet().toArray(new String[0]),
            definition.values().toArray(new String[0]));
  }

  public Optional<RunRow> find(Connection connection, String name) {
    return select(connection, "where name = ?", name).stream().findFirst();
  }

  /** Every run in the state schema, by name. */
  public List<RunRow> all(Connection connection) {
    return select(connection, "order by name");
  }

  /** The runs that fill the same column, whatever their names. */
  public List<RunRow> ofColumn(Connection connection, long tableOid, String column) {
    return select(
        connection,
        "where table_oid = cast(? as bigint)::oid and column_name = ?",
        tableOid,
        column);
  }

  private List<RunRow> select(Connection connection, String condition, Object... binds) {
    return Jooq.on(connection)
        .fetch(
            "select name, table_oid::bigint as table_oid, table_name, column_name,"
                + " array(select k from jsonb_each_text(definition) e(k, v) order by k) as keys,"
                + " array(select v from jsonb_each_text(definition) e(k, v) order by k) as vals,"
                + " phase, state, requested_action, contract_approved, instant, without_contract, owner, epoch,"
                + " extract(epoch from lease_until - clock_timestamp())::float8 as lease_left,"
                + " swept_rows, last_error, waiting_for,"
                + " extract(epoch from waiting_since)::float8 as waiting_since, share_done,"
                + " extract(epoch from remaining)::float8 as remaining,"
                // By name: state that is read before it is brought to version 2 has no such
                // columns.
                + " (to_jsonb(run.*) ->> 'added_attnum')::int as added_attnum,"
                + " (to_jsonb(run.*) ->> 'default_oid')::bigint as default_oid from "
                + tables.run()
                + " "
                + condition,
            binds)
        .map(RunStore::row);
  }

  private static RunRow row(Record r) {
    String[] keys = r.get("keys", String[].class);
    String[] values = r.get("vals", String[].class);
    Map<String, String> definition = new LinkedHashMap<>();
    for (int i = 0; i < keys.length; i++) {
      definition.put(keys[i], values[i]);
    }
    return new RunRow(
        r.get("name", String.class),
        r.get("table_oid", Long.class),
        r.get("table_name", String.class),
        r.get("column_name", String.class),
        definition,
        Phase.valueOf(r.get("phase", String.class)),
        RunState.valueOf(r.get("state", String.class)),
        optional(r, "requested_action", String.class),
        r.get("contract_approved", Boolean.class),
        r.get("instant", Boolean.class),
        r.get("without_contract", Boolean.class),
        optional(r, "owner", String.class),
        r.get("epoch", Long.class),
        optional(r, "lease_left", Double.class).map(RunStore::duration),
        r.get("swept_rows", Long.class),
        optional(r, "last_error", String.class),
        optional(r, "waiting_for", String.class),
        optional(r, "waiting_since", Double.class).map(s -> Instant.EPOCH.plus(duration(s))),
        r.get("share_done", Double.class),
        optional(r, "remaining", Double.class).map(RunStore::duration),
        optional(r, "added_attnum", Integer.class),
        optional(r, "default_oid", Long.class));
  }

  private static Duration duration(double seconds) {
    return Duration.ofMillis((long) (seconds * 1000));
  }

  /**
   * Enters a phase. False when the lease is no longer ours. A run that is done is not abandoned any
   * more, if that was asked for too late.
   */
  public boolean enterPhase(Connection connection, Lease lease, Phase phase) {
    return update(
        connection,
        "phase = ?, finished_at = case when ? then clock_timestamp() end,"
            + " requested_action ="
            + " case when ? then nullif(requested_action, 'abandon') else requested_action end",
        lease,
        phase.name(),
        phase == Phase.DONE,
        phase == Phase.DONE);
  }

  /** Records that the run ends without NOT NULL. */
  public boolean markWithoutContract(Connection connection, Lease lease) {
    return update(connection, "without_contract = true", lease);
  }

  /** Records that the column was added with its value in one statement. */
  public boolean markInstant(Connection connection, Lease lease) {
    return update(connection, "instant = true", lease);
  }

  /**
   * Records what the transaction that changed the table has created, in that transaction: what is
   * not ours is never dropped.
   *
   * @param column whether it added the column
   * @param columnDefault whether it set the default
   */
  public boolean recordCreated(
      Connection connection, Lease lease, boolean column, boolean columnDefault) {
    return update(
        connection,
        "added_attnum = case when ? then (select a.attnum from pg_catalog.pg_attribute a"
            + " where a.attrelid = table_oid and a.attname = column_name and not a.attisdropped)"
            + " else added_attnum end,"
            + " default_oid = case when ? then (select d.oid from pg_catalog.pg_attrdef d"
            + " join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum"
            + " where a.attrelid = table_oid and a.attname = column_name and not a.attisdropped)"
            + " else default_oid end",
        lease,
        column,
        columnDefault);
  }

  /** Adds rows that the final sweep filled. */
  public boolean addSwept(Connection connection, Lease lease, long rows) {
    return update(connection, "swept_rows = swept_rows + ?", lease, rows);
  }

  /**
   * Shows operators what the owner waits for, and since when, and how far it is.
   *
   * @return the settings that they want changed, by name; empty too when the lease is no longer
   *     ours
   */
  public Map<String, Double> show(
      Connection connection,
      Lease lease,
      Optional<String> waitingFor,
      double shareDone,
      Optional<Duration> remaining) {
    Map<String, Double> settings = new LinkedHashMap<>();
    Jooq.on(connection)
        .fetchOptional(
            "update "
                + tables.run()
                + " set waiting_for = cast(? as text), waiting_since = case"
                + " when cast(? as text) is null then null"
                + " else coalesce(waiting_since, clock_timestamp()) end,"
                + " share_done = ?, remaining = make_interval(secs => cast(? as float8)),"
                + " updated_at = clock_timestamp()"
                + LeaseStore.OURS
                + " returning array(select k from jsonb_each_text(settings) s(k, v) order by k),"
                + " array(select v from jsonb_each_text(settings) s(k, v) order by k)",
            waitingFor.orElse(null),
            waitingFor.orElse(null),
            shareDone,
            remaining.map(StateTables::seconds).orElse(null),
            lease.run(),
            lease.epoch(),
            lease.owner())
        .ifPresent(
            r -> {
              String[] names = r.get(0, String[].class);
              String[] values = r.get(1, String[].class);
              for (int i = 0; i < names.length; i++) {
                settings.put(names[i], number(values[i]));
              }
            });
    return settings;
  }

  /** What an operator typed; NaN where that is no number, which is refused where it is used. */
  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /**
   * Asks the owner for another value of one of its settings; it sees that within a second or so.
   */
  public boolean retune(Connection connection, String name, String setting, double value) {
    return Jooq.on(connection)
            .execute(
                "update "
                    + tables.run()
                    + " set settings = settings || jsonb_build_object(cast(? as text), cast(? as float8))"
                    + " where name = ?",
                setting,
                value,
                name)
        == 1;
  }

  private boolean update(Connection connection, String set, Lease lease, Object... values) {
    Object[] binds = new Object[values.length + 3];
    System.arraycopy(values, 0, binds, 0, values.length);
    binds[values.length] = lease.run();
    binds[values.length + 1] = lease.epoch();
    binds[values.length + 2] = lease.owner();
    return Jooq.on(connection)
            .execute(
                "update "
                    + tables.run()
                    + " set "
                    + set
                    + ", updated_at = clock_timestamp()"
                    + LeaseStore.OURS,
                binds)
        == 1;
  }

  /** Asks the owner, wherever it runs, to act; it sees the request within a second or so. */
  public boolean request(Connection connection, String name, String action) {
    return Jooq.on(connection)
            .execute(
                "update " + tables.run() + " set requested_action = ? where name = ?", action, name)
        == 1;
  }

  /** Allows a contract that was to wait for approval. */
  public boolean approveContract(Connection connection, String name) {
    return Jooq.on(connection)
            .execute(
                "update " + tables.run() + " set contract_approved = true where name = ?", name)
        == 1;
  }

  /** The latest entries of the run's history, the latest first. */
  public List<RunEvent> history(Connection connection, String name, int limit) {
    return Jooq.on(connection)
        .fetch(
            "select extract(epoch from at)::float8 as at, kind, detail from "
                + tables.event()
                + " where run = ? order by id desc limit ?",
            name,
            limit)
        .map(
            r ->
                new RunEvent(
                    Instant.EPOCH.plus(duration(r.get("at", Double.class))),
                    r.get("kind", String.class),
                    r.get("detail", String.class)));
  }

  /** Writes an entry of the run's history. */
  public void log(Connection connection, String name, String kind, String detail) {
    Jooq.on(connection)
        .execute(
            "insert into " + tables.event() + " (run, kind, detail) values (?, ?, ?)",
            name,
            kind,
            detail);
  }
}
