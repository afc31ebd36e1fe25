package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.Frontier;
import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The tables that hold the rows, as the catalogs have them now: partitions come and go in mid-run.
 */
final class Leaves {
  private final Catalog.Relation relation;
  private final Duration lockWait;

  Leaves(Target target) {
    TableInfo table = target.table();
    this.relation = new Catalog.Relation(table.oid(), table.schema(), table.name(), table.kind());
    this.lockWait = BatchLimits.lockTimeout(target);
  }

  private List<Leaf> now(Connection connection) throws SQLException {
    // A table's size is not told while somebody holds it exclusively.
    return BoundedRead.within(
        lockWait,
        connection,
        tx ->
            new Catalog(Jooq.on(tx))
                .tables(relation).stream().filter(t -> t.kind() != 'p').toList());
  }

  Optional<Leaf> find(Connection connection, long oid) throws SQLException {
    return now(connection).stream().filter(l -> l.oid() == oid).findFirst();
  }

  /** The first leaf that is neither claimed to its bound nor being claimed from. */
  Optional<Leaf> next(Connection connection, Frontier frontier) throws SQLException {
    return now(connection).stream()
        .filter(l -> !frontier.leavesDone().contains(l.oid()))
        .filter(l -> !frontier.leaf().equals(Optional.of(l.oid())))
        .findFirst();
  }
}
