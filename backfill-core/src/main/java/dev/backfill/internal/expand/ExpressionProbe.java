package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Finds out what the user's SQL is: one expression or not, of which type, reading which columns. No
 * right on the table is needed: it is parsed over rows of NULLs, of which none is ever computed.
 */
final class ExpressionProbe {
  private final Connection connection;
  private final Probe probe;
  private final TableInfo table;
  private final String column;
  private final String alias;
  private final Findings findings;

  /**
   * @param column the column to fill, which need not exist
   */
  ExpressionProbe(Connection connection, TableInfo table, String column, Findings findings) {
    this.connection = connection;
    this.probe = new Probe(connection);
    this.table = table;
    this.column = column;
    this.alias = Identifiers.quote(table.name());
    this.findings = findings;
  }

  /** Empty when a problem was found. */
  Optional<Expression> analyse(String what, String sql) throws SQLException {
    SqlText text = new SqlText(sql, backslashEscapes());
    if (text.flaw().isPresent()) {
      findings.problem(notOne(what, sql, text.flaw().get()));
      return Optional.empty();
    }
    try {
      List<String> type = type(sql);
      boolean wholeRow = readsWholeRow(sql);
      Expression expression =
          new Expression(
              sql,
              Long.parseLong(type.get(0)),
              type.get(1),
              text.isBareLiteral(),
              text.mayHoldSubquery(),
              inputs(sql, wholeRow),
              wholeRow);
      return Optional.of(expression).filter(e -> !readsItself(what, e));
    } catch (SQLException e) {
      if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
        throw e;
      }
      findings.problem(failure(what, sql, e));
      return Optional.empty();
    }
  }

  private String failure(String what, String sql, SQLException e) throws SQLException {
    if (SqlStates.UNDEFINED_COLUMN.equals(e.getSQLState()) && parsesWithTarget(sql)) {
      return readsItself(what);
    }
    if (SqlStates.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
      return what + " reads more than this role may: " + ServerText.of(e) + ". Grant it the right.";
    }
    return notOne(what, sql, ServerText.of(e));
  }

  /** As {@link #analyse}, for an expression that is wanted as a condition. */
  Optional<Expression> analyseCondition(String what, String sql) throws SQLException {
    Optional<Expression> expression = analyse(what, sql);
    if (expression.isEmpty()) {
      return expression;
    }
    try {
      probe.select(
          "select from %s as %s where (%s\n) limit 0".formatted(rowsOfTheTable(), alias, sql));
      return expression;
    } catch (SQLException e) {
      findings.problem(
          what
              + " is of type "
              + expression.get().typeName()
              + ", not a condition. It was: "
              + sql);
      return Optional.empty();
    }
  }

  private boolean readsItself(String what, Expression expression) {
    boolean itself = expression.inputs().contains(column) && !expression.wholeRow();
    if (itself) {
      findings.problem(readsItself(what));
    }
    return itself;
  }

  private String readsItself(String what) {
    return what
        + " reads "
        + Identifiers.quote(column)
        + ", the column to fill: it is NULL in every row that gets filled. Leave it out.";
  }

  private String notOne(String what, String sql, String why) {
    return what
        + " is not one SQL expression over the columns of "
        + table.sql()
        + ": "
        + why
        + ". It was: "
        + sql;
  }

  private List<String> type(String sql) throws SQLException {
    // In WHERE as well, since a select list would take aggregates and set-returning functions,
    // which UPDATE and DEFAULT do not.
    return probe
        .select(
            """
            select t::oid::bigint, format_type(t, null)
            from pg_typeof((select (%s
            ) from %s as %s where (%s
            ) is not null limit 0)) t
            """
                .formatted(sql, rowsOfTheTable(), alias, sql))
        .get(0);
  }

  /**
   * The columns that it reads: each column in turn is left out of the rows that it is parsed over;
   * without one that it reads it fails, or means the row instead of a column of the same name.
   */
  private List<String> inputs(String sql, boolean wholeRow) throws SQLException {
    List<String> inputs = new ArrayList<>();
    for (ColumnInfo c : table.columns()) {
      if (wholeRow || (mentions(sql, c.name()) && reads(sql, c.name()))) {
        inputs.add(c.name());
      }
    }
    return inputs;
  }

  /** Whether the text could name the column at all; most need not be tried. */
  private static boolean mentions(String sql, String name) {
    String lower = sql.toLowerCase(Locale.ROOT);
    return lower.contains(name.toLowerCase(Locale.ROOT).replace("\"", "\"\""))
        || lower.contains("u&\"");
  }

  private boolean reads(String sql, String name) throws SQLException {
    List<ColumnInfo> others = table.columns().stream().filter(c -> !c.name().equals(name)).toList();
    return name.equals(table.name()) || !parses(sql, others, "");
  }

  /** Whether it reads the row as a record, or as one of the table's own type. */
  private boolean readsWholeRow(String sql) throws SQLException {
    // A record of other columns than the table's cannot be cast to its type. Records that are read
    // as such show in the plan.
    return !parses(sql, table.columns(), ", null as backfill_other")
        || probe
            .select(
                "explain (verbose, costs off) select (%s\n) from %s as %s"
                    .formatted(sql, rowsOfTheTable(), alias))
            .stream()
            .map(line -> line.get(0))
            // EXPLAIN quotes only where it must.
            .anyMatch(line -> line.contains(alias + ".*") || line.contains(table.name() + ".*"));
  }

  private boolean parsesWithTarget(String sql) throws SQLException {
    return table.column(column).isEmpty()
        && parses(sql, table.columns(), ", null as " + Identifiers.quote(column));
  }

  private boolean parses(String sql, List<ColumnInfo> columns, String more) throws SQLException {
    String row =
        columns.stream()
            .map(c -> "cast(null as " + c.type() + ") as " + Identifiers.quote(c.name()))
            .collect(Collectors.joining(", "));
    String list = row.isEmpty() && !more.isEmpty() ? more.substring(2) : row + more;
    try {
      probe.select(
          "select (%s\n) from (select %s offset 0) as %s limit 0".formatted(sql, list, alias));
      return true;
    } catch (SQLException e) {
      SqlStates.Kind kind = SqlStates.classify(e);
      if (kind == SqlStates.Kind.CONNECTION || kind == SqlStates.Kind.CONTENTION) {
        throw e;
      }
      return false;
    }
  }

  private String rowsOfTheTable() {
    // Keeps the row type, for functions over it, and asks for no right on the table.
    return "unnest(cast(array[null] as " + table.sql() + "[]))";
  }

  private boolean backslashEscapes() {
    return !Jooq.on(connection)
        .fetchSingle("select current_setting('standard_conforming_strings')::boolean")
        .get(0, Boolean.class);
  }
}
