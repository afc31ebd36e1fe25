package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds out what the user's SQL is: whether it parses, its type, and which columns it reads. */
final class ExpressionProbe {
  private final Probe probe;
  private final TableInfo table;
  private final String alias;

  ExpressionProbe(Connection connection, TableInfo table) {
    this.probe = new Probe(connection);
    this.table = table;
    this.alias = Identifiers.quote(table.name());
  }

  /**
   * The type of one scalar expression, as the driver names it; empty when a problem was found.
   *
   * <p>The text must parse between parentheses and as the argument of a cast. What leaves its
   * parentheses and comes back, {@code true) or (true}, fails the second; what would be legal in a
   * SELECT list only, such as an aggregate, fails in WHERE.
   */
  Optional<String> scalar(String what, String sql, Findings findings) {
    try {
      Probe.Result result = probe.select("select (" + sql + "\n) from " + from() + " limit 0");
      if (result.types().size() != 1) {
        throw new SQLException("it is " + result.types().size() + " expressions", "42601");
      }
      probe.select("select cast(" + sql + "\n as text) from " + from() + " limit 0");
      probe.select("select from " + from() + " where (" + sql + "\n) is null limit 0");
      return Optional.of(result.types().get(0));
    } catch (SQLException e) {
      findings.problem(
          what
              + " is not an SQL expression over the columns of "
              + table.sql()
              + ": "
              + e.getMessage()
              + ". The text: "
              + sql);
      return Optional.empty();
    }
  }

  /**
   * The columns that an expression reads. Each column in turn is left out of the row that it is
   * parsed over; without a column that it reads it no longer parses.
   */
  List<String> inputs(String sql) throws SQLException {
    if (readsWholeRow(sql)) {
      return table.columns().stream().map(ColumnInfo::name).toList();
    }
    return table.columns().stream().map(ColumnInfo::name).filter(c -> reads(sql, c)).toList();
  }

  private boolean reads(String sql, String column) {
    return !parsesOver(
        sql, table.columns().stream().filter(c -> !c.name().equals(column)).toList(), "");
  }

  private boolean parsesOver(String sql, List<ColumnInfo> columns, String more) {
    String others =
        columns.stream()
            .map(c -> "cast(null as " + c.type() + ") as " + Identifiers.quote(c.name()))
            .collect(Collectors.joining(", "));
    try {
      probe.select(
          "select (" + sql + "\n) from (select " + others + more + ") as " + alias + " limit 0");
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  /** Whether it reads the row as a record, or as one of the table's own type. */
  boolean readsWholeRow(String sql) throws SQLException {
    // A record of other columns than the table's cannot be cast to its type.
    return !parsesOver(sql, table.columns(), ", null as backfill_other")
        || probe
            .select("explain (verbose, costs off) select (" + sql + "\n) from " + from())
            .rows()
            .stream()
            .map(row -> row.get(0).strip())
            .anyMatch(line -> line.startsWith("Output:") && line.contains(alias() + ".*"));
  }

  private String alias() {
    // EXPLAIN quotes only where it must.
    return alias.matches("\"[a-z_][a-z0-9_]*\"") ? alias.substring(1, alias.length() - 1) : alias;
  }

  /** How the server itself writes an expression that reads no column. */
  Optional<String> deparsed(String sql) {
    try {
      return probe.select("explain (verbose, costs off) select (" + sql + "\n)").rows().stream()
          .map(row -> row.get(0).strip())
          .filter(line -> line.startsWith("Output: "))
          .map(line -> line.substring("Output: ".length()))
          .findFirst();
    } catch (SQLException e) {
      return Optional.empty();
    }
  }

  /** Whether a text may stand in DEFAULT: no column, no subquery, no aggregate. */
  boolean mayBeDefault(String sql) {
    Optional<String> plan = deparsed(sql);
    return plan.isPresent() && !plan.get().contains("SubPlan") && !plan.get().contains("InitPlan");
  }

  /** Whether an error says that the role may not read. */
  static boolean isDenied(SQLException e) {
    return SqlStates.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState());
  }

  private String from() {
    return table.sql() + " as " + alias;
  }
}
