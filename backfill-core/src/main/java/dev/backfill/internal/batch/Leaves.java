package dev.backfill.internal.batch;

import dev.backfill.internal.checkpoint.Frontier;
import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import java.util.List;
import java.util.Optional;

/**
 * The tables that hold the rows, as the catalogs have them now: partitions come and go in mid-run.
 */
final class Leaves {
  private final Catalog.Relation relation;

  Leaves(TableInfo table) {
    this.relation = new Catalog.Relation(table.oid(), table.schema(), table.name(), table.kind());
  }

  private List<Leaf> now(Connection connection) {
    return new Catalog(Jooq.on(connection))
        .tables(relation).stream().filter(t -> t.kind() != 'p').toList();
  }

  Optional<Leaf> find(Connection connection, long oid) {
    return now(connection).stream().filter(l -> l.oid() == oid).findFirst();
  }

  /** The first leaf that is neither claimed to its bound nor being claimed from. */
  Optional<Leaf> next(Connection connection, Frontier frontier) {
    return now(connection).stream()
        .filter(l -> !frontier.leavesDone().contains(l.oid()))
        .filter(l -> !frontier.leaf().equals(Optional.of(l.oid())))
        .findFirst();
  }
}
