package dev.backfill.internal.batch;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.batch.RunBatch.Along;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.checkpoint.WindowKind;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Fills rows that stand in a range of blocks and are still NULL: those that moved behind the
 * cursor, or that the application wrote without a value. There are few, so they are taken in
 * physical order and in one pass; a block with a bad row is taken by its keys. Rows in quarantine
 * are left out.
 */
public final class BlockSweep {
  private static final int FIRST_BLOCKS = 32;
  private static final int ROWS_PER_BLOCK = 60;
  // More than a block of 32 kB holds.
  private static final int MOST_ROWS_PER_BLOCK = 2_000;

  private final BatchContext context;
  private final RunBatch batch;
  private final BatchFailures failures;

  public BlockSweep(BatchContext context, RunStore runs) {
    this.context = context;
    this.batch = new RunBatch(context, runs);
    this.failures = new BatchFailures(context);
  }

  /** Fills the range, the last block excluded, and returns how many rows it filled. */
  public long sweep(Connection connection, Leaf leaf, long fromBlock, long toBlock)
      throws SQLException, InterruptedException {
    long filled = 0;
    long block = fromBlock;
    long most = Math.min(FIRST_BLOCKS, blocks());
    while (block < toBlock) {
      long end = Math.min(toBlock, block + most);
      OptionalLong now = blocks(connection, leaf, block, end);
      if (now.isEmpty() && end - block == 1) {
        now = OptionalLong.of(rowsOf(connection, leaf, block));
      }
      most = now.isEmpty() ? Math.max(1, (end - block) / 2) : blocks();
      block = now.isEmpty() ? block : end;
      filled += now.orElse(0);
    }
    if (filled > 0) {
      context.events().accept(new BackfillEvent.RowsSwept(context.run(), leaf.sql(), filled));
    }
    return filled;
  }

  private long blocks() {
    return Math.max(1, batch.rows() / ROWS_PER_BLOCK);
  }

  private OptionalLong blocks(Connection connection, Leaf leaf, long from, long to)
      throws SQLException, InterruptedException {
    LeafSql sql = sql(leaf);
    return batch.fill(
        connection,
        leaf,
        sql,
        sql.rows().blocks(from, to),
        (int) Math.min(Integer.MAX_VALUE, (to - from) * ROWS_PER_BLOCK),
        to - from == 1,
        Along.NOTHING,
        bad -> OptionalLong.empty());
  }

  private LeafSql sql(Leaf leaf) {
    return context.quarantine().without(new LeafSql(context.target(), leaf.sql()), leaf);
  }

  /** Keys of a block, as two places in the list of them: the first excluded, the last included. */
  private record Part(int from, int to) {}

  /** Fills a block in halves by key, down to the bad rows. */
  private long rowsOf(Connection connection, Leaf leaf, long block)
      throws SQLException, InterruptedException {
    LeafSql sql = sql(leaf);
    Rows inBlock = sql.rows().blocks(block, block + 1);
    List<List<String>> keys =
        failures.repeated(
            connection,
            leaf.oid(),
            leaf.sql(),
            () ->
                BatchLimits.read(
                    connection,
                    context.target(),
                    tx -> Quarantine.keys(tx, sql, inBlock, MOST_ROWS_PER_BLOCK)));
    Deque<Part> parts = new ArrayDeque<>();
    if (!keys.isEmpty()) {
      parts.push(new Part(0, keys.size()));
    }
    long filled = 0;
    while (!parts.isEmpty()) {
      Part part = parts.pop();
      int rows = part.to() - part.from();
      OptionalLong now =
          rows == 1
              ? row(connection, leaf, sql, keys.get(part.from()))
              : several(connection, leaf, sql, inBlock, keys, part);
      if (now.isEmpty()) {
        int middle = part.from() + rows / 2;
        parts.push(new Part(middle, part.to()));
        parts.push(new Part(part.from(), middle));
      }
      filled += now.orElse(0);
    }
    return filled;
  }

  private OptionalLong several(
      Connection connection,
      Leaf leaf,
      LeafSql sql,
      Rows inBlock,
      List<List<String>> keys,
      Part part)
      throws SQLException, InterruptedException {
    Optional<List<String>> lo =
        part.from() == 0 ? Optional.empty() : Optional.of(keys.get(part.from() - 1));
    return batch.fill(
        connection,
        leaf,
        sql,
        sql.rows().of(WindowKind.KEY, lo, keys.get(part.to() - 1), Stripe.ALL).and(inBlock),
        part.to() - part.from(),
        false,
        Along.NOTHING,
        bad -> OptionalLong.empty());
  }

  private OptionalLong row(Connection connection, Leaf leaf, LeafSql sql, List<String> key)
      throws SQLException, InterruptedException {
    Rows row = sql.rows().key(key);
    return batch.fill(
        connection,
        leaf,
        sql,
        row,
        1,
        true,
        Along.NOTHING,
        bad -> {
          if (!context.quarantine().wanted()) {
            throw failures.badRow(bad, leaf.sql(), key);
          }
          context
              .quarantine()
              .put(connection, leaf, sql, row, bad, batch.checkpoint(leaf, Along.NOTHING));
          return OptionalLong.of(0);
        });
  }
}
