package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.internal.postgres.UserSql;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jooq.DSLContext;

/**
 * Finds where NULLs remain. Reads each leaf in physical order, chunk by chunk: a TID range scan
 * reads every page once, where the key's order may read it once per row. A chunk is a transaction
 * of its own and is sized to half a second, so that no snapshot of ours holds back pruning for
 * longer.
 */
public final class NullProof {
  private static final long FIRST_BLOCKS = 1_000;
  private static final long MAX_BLOCKS = 100_000;
  private static final double TARGET_NANOS = 5e8;

  private final Ticker ticker;

  public NullProof(Ticker ticker) {
    this.ticker = ticker;
  }

  /** Blocks of a leaf, the last one excluded, in which a row has no value. */
  public record BlockRange(Leaf leaf, long fromBlock, long toBlock) {}

  /** Is asked before each chunk; throws to end the proof. */
  @FunctionalInterface
  public interface BeforeChunk {
    void proceed() throws InterruptedException;
  }

  /**
   * The ranges that hold a NULL, at the time when each was read.
   *
   * @param leaves the tables that hold the rows
   * @param onlyWhere look only at rows for which the definition's condition holds
   */
  List<BlockRange> rangesWithNulls(
      Connection connection,
      Target target,
      List<Leaf> leaves,
      boolean onlyWhere,
      BeforeChunk beforeChunk)
      throws SQLException, InterruptedException {
    List<BlockRange> found = new ArrayList<>();
    for (Leaf leaf : leaves) {
      String sql = chunk(target, leaf, onlyWhere);
      long most = FIRST_BLOCKS;
      // The size is asked once: rows that come later are covered, and an end that moves on under a
      // storm of inserts would never be reached.
      long end = blocks(connection, leaf);
      for (long block = 0; block < end; ) {
        beforeChunk.proceed();
        long to = Math.min(end, block + most);
        long start = ticker.nanos();
        if (hasNull(connection, sql, block, to)) {
          found.add(new BlockRange(leaf, block, to));
        }
        most = next(to - block, ticker.nanos() - start);
        block = to;
      }
    }
    return found;
  }

  private static long next(long blocks, long nanos) {
    double fitting = blocks * TARGET_NANOS / Math.max(1, nanos);
    return (long) Math.max(1, Math.min(MAX_BLOCKS, Math.min(fitting, blocks * 4.0)));
  }

  private static String chunk(Target target, Leaf leaf, boolean onlyWhere) {
    return "select exists (select from %s as %s where ctid >= cast(? as tid) and ctid < cast(? as tid) and %s)"
        .formatted(leaf.sql(), target.alias(), unfilled(target, onlyWhere));
  }

  static String unfilled(Target target, boolean onlyWhere) {
    String column = target.alias() + "." + target.column();
    return column
        + " is null"
        + target
            .spec()
            .where()
            .filter(w -> onlyWhere)
            .map(w -> " and (" + UserSql.forPrepared(w) + "\n)")
            .orElse("");
  }

  private static long blocks(Connection connection, Leaf leaf) {
    return Jooq.on(connection)
        .fetchSingle(
            "select coalesce(pg_catalog.pg_relation_size(cast(? as bigint)::oid::regclass), 0)"
                + " / current_setting('block_size')::bigint",
            leaf.oid())
        .get(0, Long.class);
  }

  private static boolean hasNull(Connection connection, String sql, long from, long to)
      throws SQLException {
    return Tx.required(
        connection,
        tx -> {
          noPolicies(Jooq.on(tx));
          try (var statement = tx.prepareStatement(sql)) {
            statement.setString(1, "(" + from + ",0)");
            statement.setString(2, "(" + to + ",0)");
            try (var row = statement.executeQuery()) {
              row.next();
              return row.getBoolean(1);
            }
          }
        });
  }

  /** Policies would hide rows from the proof; off fails loudly where it is not allowed. */
  static void noPolicies(DSLContext sql) {
    sql.fetch(
        "select set_config('row_security', 'off', true), set_config('enable_seqscan', 'off', true),"
            + " set_config('jit', 'off', true)");
  }

  /** Keys of some rows that have no value, for a message. */
  static List<String> examples(Connection connection, Target target, BlockRange range, int most)
      throws SQLException {
    String key =
        target.key().columns().stream()
            .map(c -> target.alias() + "." + Identifiers.quote(c.name()) + "::text")
            .collect(java.util.stream.Collectors.joining(", "));
    return Tx.required(
        connection,
        tx -> {
          noPolicies(Jooq.on(tx));
          return Jooq.on(tx)
              .fetch(
                  "select concat_ws(', ', %s) from %s as %s where ctid >= cast(? as tid) and ctid < cast(? as tid) and %s limit %d"
                      .formatted(
                          key, range.leaf().sql(), target.alias(), unfilled(target, false), most),
                  "(" + range.fromBlock() + ",0)",
                  "(" + range.toBlock() + ",0)")
              .map(r -> r.get(0, String.class));
        });
  }
}
