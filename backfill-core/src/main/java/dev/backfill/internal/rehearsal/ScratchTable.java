package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.model.LockNotAcquiredException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;

/**
 * The copy: columns, constraints on them, storage and indexes as the leaf has them; no triggers, so
 * that nothing of the user's happens twice, no foreign keys, and no default, since nothing is
 * inserted but what is copied.
 */
public final class ScratchTable {
  // Names of the state tables, which stand in the same schema.
  private static final Set<String> TAKEN =
      Set.of("run", "run_window", "event", "quarantine", "verification", "difference");
  private static final double DENSE = 0.9;
  private static final double AS_DENSE = 0.8;
  private static final int LEAST_FILLFACTOR = 50;

  private final ScratchSchema scratch;
  private final String schema;
  private final String name;
  private final LeafFigures figures;
  private long rows;

  public ScratchTable(ScratchSchema schema, String table, LeafFigures figures) {
    this.scratch = schema;
    this.schema = schema.name();
    // The table's own name, by which the user's SQL may qualify columns.
    this.name =
        TAKEN.contains(table) || table.startsWith("state_") ? "rehearsed_" + table.length() : table;
    this.figures = figures;
  }

  public String name() {
    return name;
  }

  private String sql() {
    return Identifiers.quote(schema, name);
  }

  /**
   * @throws LockNotAcquiredException when somebody has the leaf locked exclusively
   */
  public void create(Connection connection) throws SQLException {
    String storage = figures.storage();
    int unused =
        reading(
            connection,
            tx ->
                execute(
                    tx,
                    "create table "
                        + sql()
                        + " (like "
                        + figures.leaf().sql()
                        + " including constraints including generated including storage"
                        + " including compression)"
                        + (storage.isEmpty() ? "" : " with (" + storage + ")")));
  }

  /**
   * Copies the rows of some blocks, so many at most, and returns where the WAL ended.
   *
   * @throws LockNotAcquiredException when somebody has the leaf locked exclusively
   */
  public long copy(Connection connection, long fromBlock, long toBlock, long most)
      throws SQLException {
    rows +=
        reading(
            connection,
            tx -> {
              Jooq.on(tx)
                  .fetch(
                      "select set_config('row_security', 'off', true),"
                          + " set_config('synchronous_commit', 'off', true)");
              return execute(
                  tx,
                  "insert into %1$s (%2$s) select %2$s from only %3$s"
                          .formatted(sql(), figures.columns(), figures.leaf().sql())
                      + " where ctid >= '(%d,0)'::tid and ctid < '(%d,0)'::tid limit %d"
                          .formatted(fromBlock, toBlock, most));
            });
    return position(connection);
  }

  /** Whoever waits for the leaf without an end holds a snapshot. */
  private int reading(Connection connection, Tx.Work<Integer> work) throws SQLException {
    return BoundedRead.of(
        connection,
        figures.leaf().oid(),
        figures.leaf().sql(),
        tx -> {
          int result = work.in(tx);
          scratch.requireMine(tx);
          return result;
        });
  }

  /** How many were copied. */
  public long rows() {
    return rows;
  }

  /** One of the indexes, with pages as full as those of the leaf's. */
  public long index(Connection connection, Index index) throws SQLException {
    Tx.run(
        connection,
        tx -> {
          execute(
              tx, index.head() + Identifiers.quote(index.name()) + " on " + sql() + index.tail());
          scratch.requireMine(tx);
        });
    int fillfactor = fillfactor(connection, index);
    if (index.btree() && fillfactor < 100 * AS_DENSE) {
      String name = Identifiers.quote(schema, index.name());
      int least = Math.max(LEAST_FILLFACTOR, fillfactor);
      Tx.run(
          connection,
          tx -> {
            execute(tx, "alter index " + name + " set (fillfactor = " + least + ")");
            execute(tx, "reindex index " + name);
            scratch.requireMine(tx);
          });
    }
    return position(connection);
  }

  /** Plain JDBC: jOOQ would take the braces and question marks of a definition for its own. */
  private static int execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      return statement.executeUpdate(sql);
    }
  }

  /** How full the leaf's index is, in percent, against a fresh one, which is full to 90. */
  private int fillfactor(Connection connection, Index index) {
    double fresh =
        Jooq.on(connection)
                .fetchSingle(
                    "select pg_catalog.pg_relation_size(cast(? as regclass)) / 8192",
                    Identifiers.quote(schema, index.name()))
                .get(0, Double.class)
            / Math.max(1, rows);
    double theirs = (double) index.pages() / Math.max(1, figures.leaf().estimatedRows());
    return theirs <= 0 ? 100 : (int) Math.min(100, 100 * DENSE * fresh / theirs);
  }

  /** Statistics, hint bits and the visibility map, as a table in use has them. */
  public void finish(Connection connection) throws SQLException {
    // VACUUM stands in no transaction that could be undone.
    scratch.keep(connection);
    execute(connection, "vacuum (analyze, parallel 0, truncate false) " + sql());
  }

  /** What the copy holds. */
  public record Size(long rows, long heapBytes, long bytes) {}

  public Size size(Connection connection) {
    return Jooq.on(connection)
        .fetchSingle(
            "select pg_catalog.pg_relation_size(t), pg_catalog.pg_total_relation_size(t)"
                + " from cast(? as regclass) as t",
            sql())
        .map(r -> new Size(rows, r.get(0, Long.class), r.get(1, Long.class)));
  }

  /** Where the WAL ends. */
  public static long position(Connection connection) {
    return Jooq.on(connection)
        .fetchSingle("select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")
        .get(0, Long.class);
  }
}
