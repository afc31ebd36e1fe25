package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Tries the value on rows at both ends of the key, before thousands of batches, or the
 * application's own writes by way of the trigger, meet its errors.
 */
final class SampleProbe {
  private static final int FIRST = 100;
  private static final int LAST = 10;
  private static final int NAMED = 5;

  private final Probe probe;
  private final TableInfo table;
  private final Key key;
  private final BadRows badRows;
  private final Findings findings;
  private final String alias;
  private final String what;
  private final String result;
  private final String filter;

  /** What becomes of rows for which the value fails or is NULL. */
  enum BadRows {
    REFUSED(""),
    /** The run leaves them out: no reason to refuse, also when it goes on with some aside. */
    PUT_ASIDE(""),
    IN_THE_WAY_OF_TRIGGER(
        " They are not put aside since the trigger that covers new rows would fail the application's"
            + " writes to them: with newRows(application()) they are.");

    private final String advice;

    BadRows(String advice) {
      this.advice = advice;
    }
  }

  /**
   * @param value the value, as the column would take it
   */
  SampleProbe(
      Connection connection,
      TableInfo table,
      Key key,
      String column,
      String value,
      Optional<String> where,
      BadRows badRows,
      Findings findings) {
    this.probe = new Probe(connection);
    this.table = table;
    this.key = key;
    this.badRows = badRows;
    this.findings = findings;
    this.alias = Identifiers.quote(table.name());
    String unfilled =
        table
            .column(column)
            .map(ColumnInfo::name)
            .map(c -> alias + "." + Identifiers.quote(c) + " is null")
            .orElse("true");
    this.what = where.isPresent() ? "The value, or where," : "The value";
    this.result = "select concat_ws(', ', %s), (%s) is null".formatted(key.asText(alias), value);
    this.filter = " where " + unfilled + where.map(w -> " and (" + w + "\n)").orElse("");
  }

  void check() throws SQLException {
    List<String> nulls = new ArrayList<>();
    Map<String, List<String>> failures = new LinkedHashMap<>();
    for (boolean last : List.of(false, true)) {
      try {
        nulls.addAll(nulls(rows(last, last ? LAST : FIRST, 0)));
      } catch (SQLException e) {
        if (!isOfTheValue(e)) {
          return;
        }
        failures(last, e, failures);
      }
    }
    boolean eachHasItsRow = failures.values().stream().noneMatch(List::isEmpty);
    if (badRows == BadRows.PUT_ASIDE && eachHasItsRow) {
      List<String> keys = new ArrayList<>(nulls);
      failures.values().forEach(keys::addAll);
      if (!keys.isEmpty()) {
        findings.warning(
            "The value is NULL or fails for rows of "
                + table.sql()
                + ", which are put into quarantine: key "
                + keys.stream().distinct().limit(NAMED).collect(Collectors.joining(", "))
                + ".");
      }
    } else if (!failures.isEmpty()) {
      findings.problem(
          what
              + " fails for rows of "
              + table.sql()
              + ": "
              + failures.entrySet().stream()
                  .map(e -> keys(e.getValue()) + e.getKey())
                  .collect(Collectors.joining("; "))
              + ". Write the expression so that it holds for every row, or leave such rows out with"
              + " where."
              + badRows.advice);
    } else if (!nulls.isEmpty()) {
      findings.problem(
          "The value is NULL for rows of "
              + table.sql()
              + ", so they would stay unfilled: key "
              + nulls.stream().distinct().limit(NAMED).collect(Collectors.joining(", "))
              + ". Use coalesce(...), or leave such rows out with where."
              + badRows.advice);
    }
  }

  /** Whether the rows are to blame; else it is said why they could not be tried. */
  private boolean isOfTheValue(SQLException e) throws SQLException {
    // The probe's own transaction is read-only: here it says nothing about the server.
    if (SqlStates.READ_ONLY.equals(e.getSQLState())) {
      findings.warning(
          "The value was not tried on rows of the table, since it writes: "
              + ServerText.of(e)
              + ".");
      return false;
    }
    if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
      throw e;
    }
    if (SqlStates.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
      findings.problem(
          "The value was not tried on rows of the table: "
              + ServerText.of(e)
              + ". Grant the right.");
      return false;
    }
    if (SqlStates.classify(e) == SqlStates.Kind.CONTENTION) {
      findings.warning(
          "The value was not tried on rows of the table: "
              + ServerText.of(e)
              + ". A value that takes so long for 100 rows makes slow batches.");
      return false;
    }
    return true;
  }

  private static List<String> nulls(List<List<String>> rows) {
    return rows.stream().filter(r -> r.get(1).equals("t")).map(r -> "(" + r.get(0) + ")").toList();
  }

  /** Which rows fail, found one by one and put under what the server says of them. */
  private void failures(boolean last, SQLException all, Map<String, List<String>> failures) {
    int named = 0;
    for (int i = 0; i < (last ? LAST : FIRST) && named < NAMED; i++) {
      try {
        rows(last, 1, i);
      } catch (SQLException e) {
        failures.computeIfAbsent(ServerText.of(e), m -> new ArrayList<>()).add(keyOf(last, i));
        named++;
      }
    }
    if (named == 0) {
      failures.putIfAbsent(ServerText.of(all), List.of());
    }
  }

  private static String keys(List<String> keys) {
    return keys.isEmpty()
        ? ""
        : "key " + keys.stream().distinct().limit(NAMED).collect(Collectors.joining(", ")) + ": ";
  }

  private String keyOf(boolean last, int offset) {
    try {
      return probe.value(
          "select '(' || concat_ws(', ', %s) || ')' from %s as %s order by %s limit 1 offset %d"
              .formatted(key.asText(alias), table.sql(), alias, order(last), offset));
    } catch (SQLException e) {
      return "(unknown: " + ServerText.of(e) + ")";
    }
  }

  private List<List<String>> rows(boolean last, int limit, int offset) throws SQLException {
    // The rows are chosen first and by the key alone: a condition that hardly ever holds would have
    // the whole table read. As arrays of one, they keep the table's row type.
    String sample =
        "select row(%s.*)::%s as backfill_row from %s as %s order by %s limit %d offset %d"
            .formatted(alias, table.sql(), table.sql(), alias, order(last), limit, offset);
    return probe.select(
        result
            + " from ("
            + sample
            + ") as backfill_sample cross join lateral unnest(array[backfill_row]) as "
            + alias
            + filter);
  }

  private String order(boolean last) {
    return last ? key.orderByLastFirst(alias) : key.orderBy(alias);
  }
}
