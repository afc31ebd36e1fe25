package dev.backfill.internal.batch;

import static java.util.stream.Collectors.toList;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.QuarantineStore;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Tx;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tries the rows in quarantine again, each in a transaction of its own. What is filled now leaves
 * the quarantine; so does what the application has filled or deleted, or what stands in another
 * table or under another key.
 */
public final class QuarantineRetry {
  // Keys may be long.
  private static final int PAGE = 100;

  private final BatchContext context;
  private final Quarantine quarantine;
  private final QuarantineStore store;
  private final RunBatch batch;
  private final BatchFailures failures;
  private final Leaves leaves;

  public QuarantineRetry(BatchContext context, RunStore runs) {
    this.context = context;
    this.quarantine = context.quarantine();
    this.store = quarantine.store();
    this.batch = new RunBatch(context, runs);
    this.failures = new BatchFailures(context);
    this.leaves = new Leaves(context.target());
  }

  /** Tries each row again. Begun anew in another session it does the rest. */
  public void retry(Connection connection) throws SQLException, InterruptedException {
    each(
        connection,
        page -> {
          long filled = 0;
          for (QuarantineStore.Entry entry : page) {
            filled += retry(connection, entry);
          }
          return filled;
        });
  }

  /** Takes those out that have a value by now, or are gone, and tries none. */
  public void dropResolved(Connection connection) throws SQLException, InterruptedException {
    each(
        connection,
        page -> {
          for (QuarantineStore.Entry entry : resolved(connection, page)) {
            remove(connection, entry);
          }
          return 0;
        });
  }

  /** What is done with a part of the quarantine; returns the rows filled. */
  private interface Work {
    long on(List<QuarantineStore.Entry> page) throws SQLException, InterruptedException;
  }

  private void each(Connection connection, Work work) throws SQLException, InterruptedException {
    long before = store.count(connection, context.run());
    long filled = 0;
    Optional<QuarantineStore.Entry> last = Optional.empty();
    List<QuarantineStore.Entry> page = store.next(connection, context.run(), last, PAGE);
    while (!page.isEmpty()) {
      filled += work.on(page);
      last = Optional.of(page.get(page.size() - 1));
      page = store.next(connection, context.run(), last, PAGE);
    }
    long left = store.count(connection, context.run());
    quarantine.holds(left);
    if (left < before) {
      context
          .events()
          .accept(new BackfillEvent.QuarantineRetried(context.run(), before - left, filled, left));
    }
  }

  private long retry(Connection connection, QuarantineStore.Entry entry)
      throws SQLException, InterruptedException {
    Optional<Leaf> leaf = leaf(connection, entry);
    if (leaf.isEmpty()) {
      remove(connection, entry);
      return 0;
    }
    LeafSql sql = new LeafSql(context.target(), leaf.get().sql());
    OptionalLong filled =
        batch.fill(
            connection,
            leaf.get(),
            sql,
            sql.rows().key(entry.key()),
            1,
            true,
            (tx, now) -> {
              // A row that changed while Java computed stays for the next time.
              if (now.complete()) {
                store.remove(tx, context.run(), entry);
              }
            },
            bad -> {
              failedAgain(connection, leaf.get(), entry, bad);
              return OptionalLong.of(0);
            });
    return filled.orElse(0);
  }

  private Optional<Leaf> leaf(Connection connection, QuarantineStore.Entry entry)
      throws SQLException, InterruptedException {
    TableInfo table = context.target().table();
    return failures.repeated(
        connection, table.oid(), table.sql(), () -> leaves.find(connection, entry.leaf()));
  }

  /** Those of a page, in the order of leaves, whose rows have a value or are gone. */
  private List<QuarantineStore.Entry> resolved(
      Connection connection, List<QuarantineStore.Entry> page)
      throws SQLException, InterruptedException {
    List<QuarantineStore.Entry> resolved = new ArrayList<>();
    Map<Long, List<QuarantineStore.Entry>> byLeaf =
        page.stream()
            .collect(
                Collectors.groupingBy(QuarantineStore.Entry::leaf, LinkedHashMap::new, toList()));
    for (List<QuarantineStore.Entry> entries : byLeaf.values()) {
      Optional<Leaf> leaf = leaf(connection, entries.get(0));
      if (leaf.isEmpty()) {
        resolved.addAll(entries);
      } else {
        Leaf found = leaf.get();
        Set<String> hashes =
            failures.repeated(
                connection, found.oid(), found.sql(), () -> resolved(connection, found, entries));
        entries.stream().filter(entry -> hashes.contains(entry.hash())).forEach(resolved::add);
      }
    }
    return resolved;
  }

  private Set<String> resolved(
      Connection connection, Leaf leaf, List<QuarantineStore.Entry> entries) throws SQLException {
    String sql =
        new LeafSql(context.target(), leaf.sql()).resolved(store.entriesOf(context.run(), entries));
    return BatchLimits.read(
        connection,
        context.target(),
        tx -> {
          // Whatever the statistics say of a fresh table, it is looked into its index for a few
          // keys.
          Jooq.on(tx)
              .fetch(
                  "select set_config('enable_seqscan', 'off', true),"
                      + " set_config('enable_hashjoin', 'off', true),"
                      + " set_config('enable_mergejoin', 'off', true)");
          return Set.copyOf(Jooq.on(tx).fetch(sql).getValues(0, String.class));
        });
  }

  private void failedAgain(
      Connection connection, Leaf leaf, QuarantineStore.Entry entry, SQLException bad)
      throws SQLException, InterruptedException {
    if (!quarantine.wanted()) {
      throw failures.badRow(bad, leaf.sql(), entry.key());
    }
    fenced(connection, tx -> store.failedAgain(tx, context.run(), entry, quarantine.failure(bad)));
  }

  private void remove(Connection connection, QuarantineStore.Entry entry)
      throws SQLException, InterruptedException {
    fenced(connection, tx -> store.remove(tx, context.run(), entry));
  }

  /** Writes in the state tables alone. */
  private void fenced(Connection connection, Tx.Action write)
      throws SQLException, InterruptedException {
    TableInfo table = context.target().table();
    failures.repeated(
        connection,
        table.oid(),
        table.sql(),
        () ->
            Tx.required(
                connection,
                tx -> {
                  write.in(tx);
                  batch.fence(tx, 0);
                  return true;
                }));
  }
}
