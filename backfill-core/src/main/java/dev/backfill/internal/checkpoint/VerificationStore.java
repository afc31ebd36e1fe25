package dev.backfill.internal.checkpoint;

import static dev.backfill.internal.checkpoint.StateTables.optional;

import dev.backfill.internal.checkpoint.VerificationRow.Compared;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.model.DifferentRow;
import dev.backfill.model.LeaseLostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * Where the verification of a run stands and who works on it. It has a lease and an epoch of its
 * own, since it may go on beside the run; every write of an owner is fenced by its lease, which
 * stands on the row that it writes.
 */
public final class VerificationStore {
  /** How many rows that differ are kept by their keys. */
  public static final int KEYS = 100;

  /** The row while the lease is held; parameters: run, epoch, owner. */
  private static final String OURS = " where run = ? and epoch = ? and owner = ?";

  private static final String NO_LEAF =
      " leaf = null, leaf_file = null, block = 0,"
          + " leaf_compared = 0, leaf_unfilled = 0, leaf_different = 0";

  private final StateTables tables;

  public VerificationStore(String schema) {
    this.tables = StateTables.in(schema);
  }

  /**
   * Takes over a verification that nobody works on: goes on with one that was cut short, else
   * begins anew. The new lease, or empty while somebody else has it.
   */
  public Optional<Lease> acquire(Connection connection, String run, String owner, Duration duration)
      throws SQLException {
    return Tx.required(
        connection,
        tx -> {
          DSLContext sql = Jooq.on(tx);
          // An operator ends a verification by deleting its row: its owner must not take the next
          // one's epoch for its own, so that epochs go up by the clock.
          sql.execute(
              "insert into "
                  + tables.verification()
                  + " (run, epoch) values (?, (extract(epoch from clock_timestamp()) * 1000)::bigint)"
                  + " on conflict do nothing",
              run);
          Optional<Record> taken =
              sql.fetchOptional(
                      "update "
                          + tables.verification()
                          + " set owner = ?, epoch = epoch + 1,"
                          + " lease_until = clock_timestamp() + make_interval(secs => ?),"
                          + " updated_at = clock_timestamp()"
                          + " where run = ? and (owner is null or lease_until < clock_timestamp())"
                          + " returning epoch, finished_at is not null as finished",
                      owner,
                      StateTables.seconds(duration),
                      run)
                  .map(r -> r);
          if (taken.isPresent() && taken.get().get("finished", Boolean.class)) {
            beginAnew(sql, run);
          }
          return taken.map(r -> new Lease(run, owner, r.get("epoch", Long.class)));
        });
  }

  private void beginAnew(DSLContext sql, String run) {
    sql.execute("delete from " + tables.difference() + " where run = ?", run);
    sql.execute(
        "update "
            + tables.verification()
            + " set leaves_done = '{}', rows_compared = 0, rows_unfilled = 0, rows_different = 0,"
            + " share_done = 0,"
            + NO_LEAF
            + ","
            + " started_at = clock_timestamp(), finished_at = null where run = ?",
        run);
  }

  /** Whether the state has been brought to a version with verifications. */
  public boolean existIn(Connection connection) {
    return Jooq.on(connection)
        .fetchSingle("select to_regclass(?) is not null", tables.verification())
        .get(0, Boolean.class);
  }

  public Optional<VerificationRow> find(Connection connection, String run) {
    return Jooq.on(connection)
        .fetchOptional(
            "select leaf::bigint as leaf, leaf_file::bigint as file, block, leaves_done::bigint[] as leaves_done,"
                + " rows_compared, rows_unfilled, rows_different, share_done, waiting_for, owner,"
                + " extract(epoch from lease_until - clock_timestamp())::float8 as lease_left,"
                + " extract(epoch from started_at)::float8 as started_at,"
                + " extract(epoch from updated_at)::float8 as updated_at,"
                + " extract(epoch from finished_at)::float8 as finished_at from "
                + tables.verification()
                + " where run = ?",
            run)
        .map(r -> row(run, r));
  }

  private static VerificationRow row(String run, Record r) {
    return new VerificationRow(
        run,
        optional(r, "leaf", Long.class),
        optional(r, "file", Long.class),
        r.get("block", Long.class),
        new LinkedHashSet<>(Arrays.asList(r.get("leaves_done", Long[].class))),
        new Compared(
            r.get("rows_compared", Long.class),
            r.get("rows_unfilled", Long.class),
            r.get("rows_different", Long.class)),
        r.get("share_done", Double.class),
        optional(r, "waiting_for", String.class),
        optional(r, "owner", String.class),
        optional(r, "lease_left", Double.class).map(VerificationStore::duration),
        instant(r.get("started_at", Double.class)),
        instant(r.get("updated_at", Double.class)),
        optional(r, "finished_at", Double.class).map(VerificationStore::instant));
  }

  private static Duration duration(double seconds) {
    return Duration.ofMillis((long) (seconds * 1000));
  }

  private static Instant instant(double seconds) {
    return Instant.EPOCH.plus(duration(seconds));
  }

  /** Extends the lease, whatever the work waits for. */
  public void renew(Connection connection, Lease lease, Duration duration) {
    write(
        connection,
        lease,
        "lease_until = clock_timestamp() + make_interval(secs => ?)",
        StateTables.seconds(duration));
  }

  /** Shows operators what the work waits for, unless another owner has it. */
  public void show(Connection connection, Lease lease, Optional<String> waitingFor) {
    Jooq.on(connection)
        .execute(
            "update " + tables.verification() + " set waiting_for = cast(? as text)" + OURS,
            waitingFor.orElse(null),
            lease.run(),
            lease.epoch(),
            lease.owner());
  }

  /**
   * Adds what the blocks before the given one came to, in the transaction that compared them.
   *
   * @throws LeaseLostException when another owner has the verification
   */
  public void advance(
      Connection tx,
      Lease lease,
      Leaf leaf,
      long block,
      Compared more,
      double shareDone,
      Duration duration) {
    write(
        tx,
        lease,
        "leaf = cast(? as bigint)::oid, leaf_file = cast(? as bigint)::oid, block = ?,"
            + " rows_compared = rows_compared + ?, leaf_compared = leaf_compared + ?,"
            + " rows_unfilled = rows_unfilled + ?, leaf_unfilled = leaf_unfilled + ?,"
            + " rows_different = rows_different + ?, leaf_different = leaf_different + ?,"
            + " share_done = ?, lease_until = clock_timestamp() + make_interval(secs => ?)",
        leaf.oid(),
        leaf.file(),
        block,
        more.rows(),
        more.rows(),
        more.unfilled(),
        more.unfilled(),
        more.different(),
        more.different(),
        shareDone,
        StateTables.seconds(duration));
  }

  /** Records that a table is compared to its end, or is gone. */
  public void leafDone(Connection connection, Lease lease, long leaf) {
    write(
        connection, lease, "leaves_done = leaves_done || cast(? as bigint)::oid," + NO_LEAF, leaf);
  }

  /** Takes back what the table at work came to, whose rows stand elsewhere now. */
  public void leafAgain(Connection tx, Lease lease, long leaf) {
    Jooq.on(tx)
        .execute(
            "delete from "
                + tables.difference()
                + " where run = ? and leaf = cast(? as bigint)::oid",
            lease.run(),
            leaf);
    write(
        tx,
        lease,
        "rows_compared = rows_compared - leaf_compared,"
            + " rows_unfilled = rows_unfilled - leaf_unfilled,"
            + " rows_different = rows_different - leaf_different,"
            + NO_LEAF);
  }

  public void finish(Connection connection, Lease lease) {
    write(connection, lease, "finished_at = clock_timestamp(), share_done = 1");
  }

  private void write(Connection connection, Lease lease, String set, @Nullable Object... values) {
    @Nullable Object[] binds = Arrays.copyOf(values, values.length + 3);
    binds[values.length] = lease.run();
    binds[values.length + 1] = lease.epoch();
    binds[values.length + 2] = lease.owner();
    int written =
        Jooq.on(connection)
            .execute(
                "update "
                    + tables.verification()
                    + " set "
                    + set
                    + ", updated_at = clock_timestamp()"
                    + OURS,
                binds);
    if (written == 0) {
      throw lost(lease);
    }
  }

  /** Gives the verification back at once, so that the next owner need not wait for the lease. */
  public void release(Connection connection, Lease lease) {
    Jooq.on(connection)
        .execute(
            "update "
                + tables.verification()
                + " set owner = null, lease_until = null, waiting_for = null,"
                + " updated_at = clock_timestamp()"
                + OURS,
            lease.run(),
            lease.epoch(),
            lease.owner());
  }

  private static LeaseLostException lost(Lease lease) {
    return new LeaseLostException(
        "The verification of run "
            + lease.run()
            + " is no longer this process's, which had epoch "
            + lease.epoch()
            + ": another one has taken it over and goes on from the last block, or its row in the"
            + " state tables was deleted. This process stopped; no row was changed.");
  }

  /** Adds rows that differ, in the transaction that counts them. */
  public void add(Connection tx, String run, Leaf leaf, List<DifferentRow> rows) {
    for (DifferentRow row : rows) {
      Jooq.on(tx)
          .execute(
              "insert into "
                  + tables.difference()
                  + " (run, leaf, leaf_name, key, problem)"
                  + " values (?, cast(? as bigint)::oid, ?, cast(? as text[]), cast(? as text))",
              run,
              leaf.oid(),
              row.table(),
              row.key().toArray(new String[0]),
              row.problem().orElse(null));
    }
  }

  /** The rows that differ, in the order in which they were found. */
  public List<DifferentRow> differences(Connection connection, String run) {
    return Jooq.on(connection)
        .fetch(
            "select leaf_name, key, problem from "
                + tables.difference()
                + " where run = ? order by id",
            run)
        .map(
            r ->
                new DifferentRow(
                    r.get("leaf_name", String.class),
                    Arrays.asList(r.get("key", String[].class)),
                    optional(r, "problem", String.class)));
  }
}
