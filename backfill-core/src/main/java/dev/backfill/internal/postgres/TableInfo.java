package dev.backfill.internal.postgres;

import java.util.List;
import java.util.Optional;

/**
 * The target table as the catalogs describe it.
 *
 * @param kind relkind: r ordinary, p partitioned
 * @param leaves the tables that hold rows: the table itself, or the leaves of a partitioned one, in
 *     the order in which they are filled
 * @param tables every table of the partition tree, root first; just the table when not partitioned
 * @param publications names of the publications that hold the table
 */
public record TableInfo(
    long oid,
    String schema,
    String name,
    char kind,
    boolean rowSecurity,
    boolean inheritanceParent,
    List<ColumnInfo> columns,
    List<IndexInfo> indexes,
    List<TriggerInfo> triggers,
    List<Leaf> leaves,
    List<Leaf> tables,
    List<String> publications) {

  /** The quoted, schema-qualified name. */
  public String sql() {
    return Identifiers.quote(schema, name);
  }

  public boolean partitioned() {
    return kind == 'p';
  }

  public Optional<ColumnInfo> column(String column) {
    return columns.stream().filter(c -> c.name().equals(column)).findFirst();
  }

  /** Rows by the planner's statistics, summed over the leaves; never a count. */
  public long estimatedRows() {
    return leaves.stream().mapToLong(Leaf::estimatedRows).sum();
  }

  /**
   * One table of the partition tree.
   *
   * @param file its relfilenode, another one after each rewrite
   */
  public record Leaf(
      long oid,
      String schema,
      String name,
      char kind,
      long estimatedRows,
      long pages,
      int fillfactor,
      long file) {
    public String sql() {
      return Identifiers.quote(schema, name);
    }
  }

  /**
   * A live column.
   *
   * @param type format_type, with its modifier
   * @param notNull a valid NOT NULL; false while PostgreSQL 18 still has it NOT VALID
   * @param notNullNotValid NOT NULL exists, not yet validated (PostgreSQL 18)
   * @param identity empty, or 'a' ALWAYS, 'd' BY DEFAULT
   * @param collation the column's collation, quoted and qualified, empty for non-collatable types
   */
  public record ColumnInfo(
      int number,
      String name,
      String type,
      long typeOid,
      boolean notNull,
      boolean notNullNotValid,
      Optional<String> defaultExpression,
      boolean generated,
      String identity,
      Optional<String> collation,
      int averageWidth,
      double correlation) {}

  /**
   * An index of the table (of the root when partitioned).
   *
   * @param keyColumns the key columns by name in order, empty when one of them is an expression
   * @param referenced every column that the index mentions: key, INCLUDE, expressions, predicate
   * @param pageable whether keyset paging can use it; see {@code unusable}
   * @param unusable why it cannot serve as the key, empty when it can
   * @param descending all key columns are DESC
   * @param collations the collation per key column where it differs from the column's own
   */
  public record IndexInfo(
      String name,
      boolean primary,
      boolean unique,
      List<String> keyColumns,
      List<String> referenced,
      boolean pageable,
      Optional<String> unusable,
      boolean descending,
      List<Optional<String>> collations) {}

  /**
   * A user trigger.
   *
   * @param firesOnUpdateOfAll whether it fires whatever columns an UPDATE names
   */
  public record TriggerInfo(
      String name,
      String definition,
      boolean before,
      boolean row,
      boolean onInsert,
      boolean onUpdate,
      boolean firesOnUpdateOfAll,
      List<String> updateColumns,
      char enabled) {}
}
