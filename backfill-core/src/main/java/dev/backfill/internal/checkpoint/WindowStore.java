package dev.backfill.internal.checkpoint;

import static dev.backfill.internal.checkpoint.StateTables.array;
import static dev.backfill.internal.checkpoint.StateTables.key;
import static dev.backfill.internal.checkpoint.StateTables.optional;

import dev.backfill.internal.postgres.BatchTag;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Refusal;
import dev.backfill.internal.postgres.Tx;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jooq.Record;

/** Claims windows by compare-and-set of the frontier, and reads them back. */
public final class WindowStore {
  /** What makes a checkpoint fail that finds another owner's epoch. */
  public static final Refusal FENCED =
      new Refusal("backfill: the run was taken over; rows at its epoch:");

  private static final String UPDATED = "backfill.updated_before";
  private static final String UPDATED_HOT = "backfill.hot_updated_before";

  private final StateTables tables;

  public WindowStore(String schema) {
    this.tables = StateTables.in(schema);
  }

  /** Totals over all windows of a run. */
  public record Totals(long windows, long rows, long hotRows, long batches) {}

  public Frontier frontier(Connection connection, String run) {
    return Jooq.on(connection)
        .fetchSingle(
            "select frontier_leaf::bigint as leaf, frontier_file::bigint as file, frontier, bound,"
                + " leaves_done::bigint[] as leaves_done from "
                + tables.run()
                + " where name = ?",
            run)
        .map(
            r ->
                new Frontier(
                    optional(r, "leaf", Long.class),
                    optional(r, "file", Long.class),
                    key(r, "frontier"),
                    key(r, "bound"),
                    oids(r)));
  }

  private static Set<Long> oids(Record r) {
    return new LinkedHashSet<>(Arrays.asList(r.get("leaves_done", Long[].class)));
  }

  /**
   * Starts on the next leaf, up to the given bound, or from its start on the leaf at work, whose
   * places a rewrite has made void. False when somebody else moved the frontier.
   *
   * @param file the relfilenode whose places the bound is one of; empty where it is a key
   */
  public boolean openLeaf(
      Connection connection,
      Lease lease,
      Frontier from,
      long leaf,
      Optional<Long> file,
      Optional<List<String>> bound)
      throws SQLException {
    return Jooq.on(connection)
            .execute(
                "update "
                    + tables.run()
                    + " set frontier_leaf = cast(? as bigint)::oid,"
                    + " frontier_file = cast(? as bigint)::oid, frontier = null,"
                    + " bound = cast(? as text[]),"
                    + " leaves_done = case when frontier_leaf is null"
                    + " or frontier_leaf = cast(? as bigint)::oid then leaves_done"
                    + " else leaves_done || frontier_leaf end"
                    + LeaseStore.OURS
                    + " and frontier_leaf is not distinct from cast(? as bigint)::oid"
                    + " and frontier_file is not distinct from cast(? as bigint)::oid"
                    + " and frontier is not distinct from cast(? as text[])",
                leaf,
                file.orElse(null),
                array(bound),
                leaf,
                lease.run(),
                lease.epoch(),
                lease.owner(),
                from.leaf().orElse(null),
                from.file().orElse(null),
                array(from.key()))
        == 1;
  }

  /** Claims (from.key, hi]; empty when somebody else moved the frontier or took the run over. */
  public Optional<WindowRow> claim(
      Connection connection,
      Lease lease,
      Frontier from,
      String leafName,
      List<String> hi,
      int stripes,
      StripeBy stripeBy)
      throws SQLException {
    return Tx.required(
        connection,
        tx ->
            Jooq.on(tx)
                .fetchOptional(
                    "update "
                        + tables.run()
                        + " set frontier = cast(? as text[]), windows = windows + 1"
                        + LeaseStore.OURS
                        + " and frontier_leaf = cast(? as bigint)::oid"
                        + " and frontier_file is not distinct from cast(? as bigint)::oid"
                        + " and frontier is not distinct from cast(? as text[])"
                        + " returning windows",
                    hi.toArray(new String[0]),
                    lease.run(),
                    lease.epoch(),
                    lease.owner(),
                    from.leaf().orElseThrow(),
                    from.file().orElse(null),
                    array(from.key()))
                .map(r -> r.get(0, Long.class))
                .map(number -> insert(tx, lease, number, from, leafName, hi, stripes, stripeBy)));
  }

  private WindowRow insert(
      Connection connection,
      Lease lease,
      long number,
      Frontier from,
      String leafName,
      List<String> hi,
      int stripes,
      StripeBy stripeBy) {
    long leaf = from.leaf().orElseThrow();
    Jooq.on(connection)
        .execute(
            "insert into "
                + tables.window()
                + " (run, number, leaf, leaf_name, kind, lo, hi, stripes, stripe_by, epoch) values"
                + " (?, ?, cast(? as bigint)::oid, ?, ?, cast(? as text[]), cast(? as text[]), ?,"
                + " ?, ?)",
            lease.run(),
            number,
            leaf,
            leafName,
            from.kind().inDatabase(),
            array(from.key()),
            hi.toArray(new String[0]),
            stripes,
            stripeBy.inDatabase(),
            lease.epoch());
    return new WindowRow(
        number,
        leaf,
        leafName,
        from.kind(),
        from.key(),
        hi,
        stripes,
        stripeBy,
        0,
        Optional.empty(),
        false,
        0,
        0,
        0);
  }

  /** The windows that are claimed and not filled, in the order of their claims. */
  public List<WindowRow> unfinished(Connection connection, String run) {
    return select(connection, "run = ? and not done", run);
  }

  private String ofOwner() {
    return "run = ? and number = ? and epoch = ? and exists (select from "
        + tables.run()
        + LeaseStore.OURS
        + ")";
  }

  private static Object[] ofOwner(Lease lease, long number) {
    return new Object[] {
      lease.run(), number, lease.epoch(), lease.run(), lease.epoch(), lease.owner()
    };
  }

  /**
   * Reads one window back before it is gone on with; empty when another owner has it. The window
   * has no owner's name: after a failover one with the same epoch may be at it.
   */
  public Optional<WindowRow> find(Connection connection, Lease lease, long number) {
    return select(connection, ofOwner(), ofOwner(lease, number)).stream().findFirst();
  }

  private List<WindowRow> select(Connection connection, String condition, Object... binds) {
    return Jooq.on(connection)
        .fetch(
            "select number, leaf::bigint as leaf, leaf_name, kind, lo, hi, stripes, stripe_by,"
                + " stripe, cursor, done, rows, hot_rows, batches from "
                + tables.window()
                + " where "
                + condition
                + " order by number",
            binds)
        .map(
            r ->
                new WindowRow(
                    r.get("number", Long.class),
                    r.get("leaf", Long.class),
                    r.get("leaf_name", String.class),
                    WindowKind.of(r.get("kind", String.class)),
                    key(r, "lo"),
                    key(r, "hi").orElseThrow(),
                    r.get("stripes", Integer.class),
                    StripeBy.of(r.get("stripe_by", String.class)),
                    r.get("stripe", Integer.class),
                    key(r, "cursor"),
                    r.get("done", Boolean.class),
                    r.get("rows", Long.class),
                    r.get("hot_rows", Long.class),
                    r.get("batches", Long.class)));
  }

  /** Closes a window whose leaf is no longer part of the table. */
  public void close(Connection connection, Lease lease, long number) {
    Jooq.on(connection)
        .execute(
            "update " + tables.window() + " set done = true where " + ofOwner(),
            ofOwner(lease, number));
  }

  public Totals totals(Connection connection, String run) {
    return Jooq.on(connection)
        .fetchSingle(
            "select count(*), coalesce(sum(rows), 0)::bigint, coalesce(sum(hot_rows), 0)::bigint,"
                + " coalesce(sum(batches), 0)::bigint from "
                + tables.window()
                + " where run = ?",
            run)
        .map(
            r ->
                new Totals(
                    r.get(0, Long.class),
                    r.get(1, Long.class),
                    r.get(2, Long.class),
                    r.get(3, Long.class)));
  }

  /**
   * The statement that a batch writes its checkpoint with, in its own transaction, which returns
   * the session's counter of HOT updates and the end of the WAL. Once the run was taken over it
   * fails with {@link #FENCED}, so that a COMMIT sent along with it is never reached. The epoch
   * must stand on the row that is updated: a subquery on {@code run} would be answered from the
   * statement's snapshot and pass although the takeover has committed.
   *
   * <p>Parameters: stripe, cursor (text[]), done, rows, HOT counter before the batch, run, window
   * number, epoch.
   *
   * @param leaf oid of the leaf; the counter counts what the session did since it last reported, so
   *     that only its change within the transaction is this batch's
   */
  public String advanceSql(String run, long leaf) {
    return advanceSql(run, leaf, "?", "cast(? as bigint)");
  }

  /**
   * The same for a batch that is sent in one message, whose rows nobody but the server knows yet:
   * it takes them from the session's counters and from what {@link #rememberCounters} kept.
   * Parameters: stripe, cursor (text[]), done, run, window number, epoch.
   */
  public String advanceCountedSql(String run, long leaf) {
    return advanceSql(
        run,
        leaf,
        "pg_stat_get_xact_tuples_updated(%d::oid) - ".formatted(leaf) + remembered(UPDATED),
        remembered(UPDATED_HOT));
  }

  /** Columns of a SELECT before the batch's update that keep the counters for its checkpoint. */
  public static String rememberCounters(long leaf) {
    String remember = ", set_config('%s', pg_stat_get_xact_tuples_%s(%d::oid)::text, true)";
    return remember.formatted(UPDATED, "updated", leaf)
        + remember.formatted(UPDATED_HOT, "hot_updated", leaf);
  }

  private static String remembered(String setting) {
    return "current_setting('%s')::bigint".formatted(setting);
  }

  private String advanceSql(String run, long leaf, String rows, String hotBefore) {
    String hot = "pg_stat_get_xact_tuples_hot_updated(" + leaf + "::oid)";
    return BatchTag.of(run)
        + "with backfill_moved as (update %s set stripe = ?, cursor = ?, done = ?, rows = rows + %s,"
            .formatted(tables.window(), rows)
        + " hot_rows = hot_rows + %s - %s, batches = batches + 1".formatted(hot, hotBefore)
        + " where run = ? and number = ? and epoch = ? returning "
        + hot
        + " as hot) select max(hot), (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint,"
        + " case count(*) when 0 then "
        + FENCED.sql("count(*)")
        + " end from backfill_moved";
  }
}
