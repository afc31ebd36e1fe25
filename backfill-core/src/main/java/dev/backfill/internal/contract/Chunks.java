package dev.backfill.internal.contract;

import dev.backfill.internal.contract.NullProof.BlockRange;
import dev.backfill.internal.postgres.ChunkSize;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads blocks of a leaf in chunks, each in a transaction of its own and sized to half a second, so
 * that no snapshot of ours holds back pruning for longer.
 */
final class Chunks {
  private static final long FIRST_BLOCKS = 1_000;
  private static final Duration TARGET = Duration.ofMillis(500);

  private final ShortReads reads;
  private final Ticker ticker;
  private final ChunkSize size = new ChunkSize(TARGET, FIRST_BLOCKS);

  Chunks(ShortReads reads, Ticker ticker) {
    this.reads = reads;
    this.ticker = ticker;
  }

  /** What to make of a chunk's rows. */
  interface Reading<T> {
    T of(ResultSet rows) throws SQLException;
  }

  /**
   * What the chunks of a range came to, in physical order.
   *
   * @param sql its parameters are two places, the last one excluded; without a condition that an
   *     index could serve, so that it is a TID range scan
   */
  <T> List<T> read(BlockRange range, String sql, Reading<T> reading)
      throws SQLException, InterruptedException {
    List<T> results = new ArrayList<>();
    long block = range.fromBlock();
    while (block < range.toBlock()) {
      long from = block;
      long to = Math.min(range.toBlock(), block + size.blocks());
      reads.proceed();
      long start = ticker.nanos();
      Optional<T> result = reads.attempt(tx -> chunk(tx, sql, from, to, reading));
      if (result.isPresent()) {
        results.add(result.get());
        size.took(to - from, Duration.ofNanos(ticker.nanos() - start));
        block = to;
      } else {
        size.failed(to - from);
      }
    }
    return results;
  }

  private static <T> T chunk(Connection tx, String sql, long from, long to, Reading<T> reading)
      throws SQLException {
    // A range over the whole table would cost the same as a sequential scan, which can be parallel.
    Jooq.on(tx)
        .fetch("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)");
    try (PreparedStatement statement = tx.prepareStatement(sql)) {
      statement.setString(1, "(" + from + ",0)");
      statement.setString(2, "(" + to + ",0)");
      try (ResultSet rows = statement.executeQuery()) {
        return reading.of(rows);
      }
    }
  }
}
