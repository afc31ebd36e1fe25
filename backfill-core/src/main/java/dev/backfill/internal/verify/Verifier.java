package dev.backfill.internal.verify;

import dev.backfill.internal.checkpoint.VerificationRow;
import dev.backfill.internal.checkpoint.VerificationStore;
import dev.backfill.internal.postgres.ChunkSize;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.TableTree;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares every row with what its definition yields.
 *
 * <ol>
 *   <li>Each leaf is read in physical order, in chunks of blocks that take a fifth of a second: a
 *       TID range scan reads every page once, and no snapshot of ours holds pruning back for
 *       longer.
 *   <li>The transaction that compares a chunk writes the counts, the first keys that differ and the
 *       next block, fenced by the epoch: whoever goes on after a crash reads no block twice.
 *   <li>A leaf that was rewritten, by VACUUM FULL say, is begun again.
 *   <li>A chunk with a row whose value cannot be computed is halved down to its block, and that is
 *       compared row by row.
 * </ol>
 *
 * <p>Chunks see different snapshots: a row that the application moves to a block that was read
 * already is not compared, and one that it moves ahead is compared twice.
 */
public final class Verifier {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");
  private static final Duration TARGET = Duration.ofMillis(200);
  private static final int GROWTHS = 3;

  private final VerificationWork work;
  private final Target target;
  private final VerificationStore store;

  public Verifier(VerificationWork work) {
    this.work = work;
    this.target = work.target();
    this.store = work.store();
  }

  /** Goes on from the checkpoint to the end. */
  public void verify(Connection connection) throws SQLException, InterruptedException {
    Turns turns = new Turns(work);
    ShortReads reads =
        new ShortReads(connection, target.spec().options().timeouts(), work.ticker(), turns);
    Volatility.refuse(reads, target);
    Scan scan = new Scan(reads, turns);
    while (scan.nextLeaf()) {
      turns.proceed();
    }
    store.finish(connection, work.lease());
  }

  private final class Scan {
    private final ShortReads reads;
    private final Turns turns;
    private final Comparison comparison;
    private final ChunkSize size;
    private int keysLeft;

    Scan(ShortReads reads, Turns turns) throws SQLException, InterruptedException {
      this.reads = reads;
      this.turns = turns;
      this.comparison =
          Comparison.of(target, reads.read(tx -> StoredType.read(tx, target)), work.ticker());
      this.size = new ChunkSize(TARGET, comparison.firstBlocks());
      this.keysLeft = reads.read(this::keysLeft);
    }

    /** Reads the leaf at work, or the next one, to its end; false when there is none. */
    boolean nextLeaf() throws SQLException, InterruptedException {
      VerificationRow row = reads.read(tx -> store.find(tx, work.run())).orElseThrow();
      List<Leaf> leaves = reads.read(tx -> Leaves.now(tx, target));
      Set<Long> done = new HashSet<>(row.leavesDone());
      Optional<Leaf> begun =
          leaves.stream().filter(l -> row.leaf().equals(Optional.of(l.oid()))).findFirst();
      Optional<Leaf> next =
          begun.or(() -> leaves.stream().filter(l -> !done.contains(l.oid())).findFirst());
      if (next.isEmpty()) {
        return false;
      }
      if (begun.isPresent() && !row.file().equals(Optional.of(begun.get().file()))) {
        again(begun.get());
        return true;
      }
      Share share = new Share(leaves, done);
      try {
        read(next.get(), begun.isPresent() ? row.block() : 0, share);
      } catch (RewrittenException e) {
        again(next.get());
        return true;
      } catch (SQLException e) {
        if (!TableTree.isGone(reads, target, next.get(), e)) {
          throw e;
        }
      }
      reads.read(
          tx -> {
            store.leafDone(tx, work.lease(), next.get().oid());
            return true;
          });
      return true;
    }

    /**
     * Its rows stand in other blocks: those that were read say nothing of the ones that were not.
     */
    private void again(Leaf leaf) throws SQLException, InterruptedException {
      LOG.info(
          "Table {} was rewritten while run {} was verified: its comparison begins again",
          leaf.sql(),
          work.run());
      keysLeft =
          reads.read(
              tx -> {
                store.leafAgain(tx, work.lease(), leaf.oid());
                return keysLeft(tx);
              });
    }

    private int keysLeft(Connection tx) {
      return VerificationStore.KEYS - store.differences(tx, work.run()).size();
    }

    /**
     * What is appended meanwhile is read too, but not without end: under a storm of inserts the
     * last block would never be reached.
     */
    private void read(Leaf leaf, long from, Share share) throws SQLException, InterruptedException {
      long block = from;
      for (int growth = 0; growth <= GROWTHS; growth++) {
        long end = reads.read(tx -> Leaves.blocks(tx, leaf));
        while (block < end) {
          long most = Math.min(size.blocks(), comparison.mostBlocks());
          Blocks blocks = new Blocks(leaf, block, Math.min(end, block + most));
          turns.proceed();
          block = compared(blocks, share) ? blocks.to() : block;
        }
      }
    }

    /** False when the chunk is to be tried again, smaller. */
    private boolean compared(Blocks blocks, Share share) throws SQLException, InterruptedException {
      long start = work.ticker().nanos();
      Optional<Comparison.Chunk> chunk = Optional.empty();
      boolean committed;
      try {
        chunk = comparison.prepare(reads, blocks);
        committed = chunk.isPresent() && attempt(chunk.get(), blocks, share, false);
      } catch (SQLException e) {
        if (SqlStates.classify(e) != SqlStates.Kind.DATA
            || (blocks.count() == 1 && chunk.isEmpty())) {
          throw e;
        }
        committed = blocks.count() == 1 && attempt(chunk.get(), blocks, share, true);
      }
      if (!committed) {
        size.failed(blocks.count());
        return false;
      }
      Duration took = Duration.ofNanos(work.ticker().nanos() - start);
      size.took(blocks.count(), took);
      turns.completed(took.minus(chunk.get().computing()));
      return true;
    }

    /** Whether it was compared; false when somebody was in the way. */
    private boolean attempt(Comparison.Chunk chunk, Blocks blocks, Share share, boolean singly)
        throws SQLException {
      Optional<Comparison.Outcome> outcome =
          reads.attempt(
              tx -> {
                ChunkSettings.apply(tx);
                Comparison.Outcome found =
                    singly ? chunk.compareSingly(tx, keysLeft) : chunk.compare(tx, keysLeft);
                checkpoint(tx, blocks, found, share);
                return found;
              });
      outcome.ifPresent(found -> keysLeft -= found.different().size());
      return outcome.isPresent();
    }

    private void checkpoint(Connection tx, Blocks blocks, Comparison.Outcome found, Share share) {
      store.add(tx, work.run(), blocks.leaf(), found.different());
      // Last, so that the row which operators and the monitor need is held for an instant.
      store.advance(
          tx,
          work.lease(),
          blocks.leaf(),
          blocks.to(),
          found.compared(),
          share.at(blocks),
          work.leaseDuration());
    }
  }

  /** The share of the blocks that are read, by the sizes when the leaf was begun. */
  private record Share(List<Leaf> leaves, Set<Long> done) {
    double at(Blocks blocks) {
      long all = leaves.stream().mapToLong(Leaf::pages).sum();
      long before =
          leaves.stream().filter(l -> done.contains(l.oid())).mapToLong(Leaf::pages).sum();
      return all == 0 ? 0 : Math.min(1, (double) (before + blocks.to()) / all);
    }
  }
}
