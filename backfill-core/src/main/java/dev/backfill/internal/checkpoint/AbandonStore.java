package dev.backfill.internal.checkpoint;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Tx;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jooq.DSLContext;

/**
 * What becomes of the state of a run that is given up. Its row stays, for its history and for its
 * epoch: a former owner that wakes up later is fenced, though the same column may be filled anew by
 * then.
 */
public final class AbandonStore {
  private final StateTables tables;
  private final List<String> perRun;

  public AbandonStore(String schema) {
    this.tables = StateTables.in(schema);
    this.perRun =
        Stream.of("run_window", "quarantine", "difference", "verification")
            .map(table -> Identifiers.quote(schema, table))
            .toList();
  }

  /**
   * Asks the owner, or whoever owns the run next, to give it up.
   *
   * @param keepColumn the column is taken for one that was there before; so it is after a crash too
   * @return false when there is no run of that name, or none that is under way
   */
  public boolean request(Connection connection, String run, boolean keepColumn) {
    return Jooq.on(connection)
            .execute(
                "update "
                    + tables.run()
                    + " set requested_action = 'abandon',"
                    + " added_attnum = case when ? then null else added_attnum end"
                    + " where name = ? and phase <> 'DONE' and state <> 'ABANDONED'",
                keepColumn,
                run)
        == 1;
  }

  /**
   * Whether it is still to be given up as it was when its row was read, until the transaction
   * commits: an operator may have asked for something else while locks were waited for.
   */
  public boolean stands(Connection tx, RunRow run) {
    return Jooq.on(tx)
        .fetchOptional(
            "select 1 from "
                + tables.run()
                + " where name = ? and epoch = ? and requested_action = 'abandon'"
                + " and added_attnum is not distinct from cast(? as smallint) for share",
            run.name(),
            run.epoch(),
            run.addedAttnum().orElse(null))
        .isPresent();
  }

  /**
   * Gives the lease back for good and deletes what was kept of the run's work, in one transaction.
   *
   * @param detail for the history
   * @return false when the lease is no longer ours, or it was done already
   */
  public boolean finish(Connection connection, Lease lease, String detail) throws SQLException {
    return Tx.required(
        connection,
        tx -> {
          DSLContext sql = Jooq.on(tx);
          int updated =
              sql.execute(
                  "update "
                      + tables.run()
                      + " set state = 'ABANDONED', owner = null, lease_until = null,"
                      + " requested_action = null, last_error = null, waiting_for = null,"
                      + " waiting_since = null, share_done = 0, remaining = null, swept_rows = 0,"
                      + " frontier_leaf = null, frontier_file = null, frontier = null, bound = null,"
                      + " leaves_done = '{}',"
                      + " windows = 0, added_attnum = null, default_oid = null,"
                      + " updated_at = clock_timestamp(), finished_at = clock_timestamp()"
                      + LeaseStore.OURS,
                  lease.run(),
                  lease.epoch(),
                  lease.owner());
          if (updated == 0) {
            return false;
          }
          for (String table : perRun) {
            sql.execute("delete from " + table + " where run = ?", lease.run());
          }
          sql.execute(
              "insert into " + tables.event() + " (run, kind, detail) values (?, 'abandoned', ?)",
              lease.run(),
              detail);
          return true;
        });
  }

  /**
   * Lets the row of an abandoned run begin anew, from any definition, at its old epoch: the next
   * owner has a higher one. Does nothing to a run that is not abandoned.
   */
  public void beginAnew(
      Connection connection,
      String name,
      long tableOid,
      String tableName,
      String columnName,
      Map<String, String> definition) {
    Jooq.on(connection)
        .execute(
            "update "
                + tables.run()
                + " set table_oid = cast(? as bigint)::oid, table_name = ?, column_name = ?,"
                + " definition = jsonb_object(cast(? as text[]), cast(? as text[])),"
                + " phase = 'EXPAND', state = 'STOPPED', requested_action = null,"
                + " contract_approved = false, instant = false, without_contract = false,"
                + " settings = '{}', created_at = clock_timestamp(),"
                + " updated_at = clock_timestamp(), finished_at = null"
                + " where name = ? and state = 'ABANDONED'",
            tableOid,
            tableName,
            columnName,
            definition.keySet().toArray(new String[0]),
            definition.values().toArray(new String[0]),
            name);
  }
}
