package dev.backfill.internal.postgres;

import dev.backfill.model.Specification;
import java.util.List;

/**
 * A specification that the database agrees with: the table found, the key chosen, the type
 * resolved.
 *
 * @param columnType the column's type as format_type prints it
 * @param columnExists whether the column was there when the target was read
 */
public record Target(
    Specification spec,
    ServerInfo server,
    TableInfo table,
    Key key,
    String columnType,
    boolean columnExists) {

  /** The run's name: the one given, or schema.table.column. */
  public String runName() {
    return spec.runName().orElse(table.schema() + "." + table.name() + "." + spec.column());
  }

  /** The quoted target column. */
  public String column() {
    return Identifiers.quote(spec.column());
  }

  /**
   * The alias under which the table stands in every statement of ours: its own bare name, so that
   * the user's SQL may qualify columns by it, in a leaf of a partitioned table too.
   */
  public String alias() {
    return Identifiers.quote(table.name());
  }

  /** Oids of the table and, when partitioned, of all its partitions. */
  public List<Long> relations() {
    return table.tables().stream().map(TableInfo.Leaf::oid).toList();
  }
}
