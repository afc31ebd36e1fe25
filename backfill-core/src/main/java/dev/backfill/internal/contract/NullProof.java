package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.TableTree;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Ticker;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds where NULLs remain. Reads each leaf in physical order, chunk by chunk: a TID range scan
 * reads every page once, where the key's order may read it once per row.
 *
 * <p>Chunks see different snapshots, so a row that the application moves to a block that was read
 * already goes unseen. The validation of the constraint finds it; this reading finds the others
 * while nothing that the application writes is refused yet.
 */
public final class NullProof {
  private static final int GROWTHS = 3;

  private final Target target;
  private final ShortReads reads;
  private final Ticker ticker;

  NullProof(Target target, ShortReads reads, Ticker ticker) {
    this.target = target;
    this.reads = reads;
    this.ticker = ticker;
  }

  /** Blocks of a leaf, the last one excluded, in which a row has no value. */
  public record BlockRange(Leaf leaf, long fromBlock, long toBlock) {}

  /**
   * The ranges that hold a NULL, at the time when each was read, in physical order. A leaf that is
   * dropped meanwhile is left out.
   *
   * @throws SQLException also when row security would hide rows from this role
   */
  List<BlockRange> rangesWithNulls() throws SQLException, InterruptedException {
    List<BlockRange> found = new ArrayList<>();
    for (Leaf leaf : reads.read(tx -> Tables.holdingRows(tx, target))) {
      try {
        found.addAll(inLeaf(leaf));
      } catch (SQLException e) {
        if (!TableTree.isGone(reads, target, leaf, e)) {
          throw e;
        }
      }
    }
    return found;
  }

  private List<BlockRange> inLeaf(Leaf leaf) throws SQLException, InterruptedException {
    List<BlockRange> found = new ArrayList<>();
    Chunks chunks = new Chunks(reads, ticker);
    String places = new NullSql(target, leaf).places();
    long end = 0;
    // What is appended while it reads is read too, but not without end: under a storm of inserts
    // the last block would never be reached.
    for (int growth = 0; growth <= GROWTHS; growth++) {
      BlockRange unread = new BlockRange(leaf, end, reads.read(tx -> TableTree.blocks(tx, leaf)));
      for (Optional<BlockRange> range : chunks.read(unread, places, row -> range(leaf, row))) {
        range.ifPresent(found::add);
      }
      end = Math.max(end, unread.toBlock());
    }
    return found;
  }

  private static Optional<BlockRange> range(Leaf leaf, ResultSet row) throws SQLException {
    row.next();
    @Nullable String first = row.getString(1);
    @Nullable String last = row.getString(2);
    return first == null || last == null
        ? Optional.empty()
        : Optional.of(new BlockRange(leaf, block(first), block(last) + 1));
  }

  private static long block(String place) {
    return Long.parseLong(place.substring(1, place.indexOf(',')));
  }
}
