package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compares a table with what the application committed to it. */
final class TrafficOracle {
  private static final int MOST_DIFFERENCES = 20;

  private final TrafficSettings settings;
  private final Map<Long, Written> written;
  private final long rows;

  /**
   * Makes one.
   *
   * @param written what the application did, by key; rows that it never changed are not in it
   * @param rows how many there must be
   */
  TrafficOracle(TrafficSettings settings, Map<Long, Written> written, long rows) {
    this.settings = settings;
    this.written = written;
    this.rows = rows;
  }

  void verify(String valueSql) {
    String type =
        settings
            .database()
            .queryString(
                """
                select format_type(atttypid, atttypmod) from pg_attribute
                where attrelid = ?::regclass and attname = ?
                """,
                settings.table(),
                settings.column());
    verify("(" + valueSql + ")::" + type + "::text", row -> row.getString("derived by sql"));
  }

  void verify(Traffic.RowValue value) {
    verify("null", value);
  }

  private void verify(String derivedSql, Traffic.RowValue derived) {
    Set<Long> missing = new HashSet<>();
    written.forEach(
        (key, last) -> {
          if (!last.deleted()) {
            missing.add(key);
          }
        });
    List<String> differences = new ArrayList<>();
    long[] seen = {0};
    settings.scan(
        "select t.*, %s::text as \"actual value\", %s as \"derived by sql\" from %s t"
            .formatted(settings.quotedColumn(), derivedSql, settings.table()),
        row -> {
          seen[0]++;
          long key = row.getLong("id");
          missing.remove(key);
          Written last = written.getOrDefault(key, Written.NEVER);
          String difference = difference(row, last, derived.of(row));
          if (!difference.isEmpty() && differences.size() < MOST_DIFFERENCES) {
            differences.add("key " + key + ": " + difference);
          }
        });
    missing.stream()
        .limit(MOST_DIFFERENCES)
        .forEach(key -> differences.add("key " + key + ": the row is gone"));
    assertThat(differences).as("rows that are not as they must be").isEmpty();
    assertThat(seen[0]).as("rows in the table").isEqualTo(rows);
  }

  private static String difference(ResultSet row, Written last, String derived)
      throws SQLException {
    String actual = row.getString("actual value");
    boolean isDerived = last.value() == null;
    String right = isDerived ? derived : last.value();
    if (last.deleted()) {
      return "the application deleted or moved it, but it is there";
    }
    if (row.getInt("touched") != last.stamp()) {
      return "the application's write " + last.stamp() + " is lost";
    }
    if (!String.valueOf(right).equals(String.valueOf(actual))) {
      return "holds %s, but %s was %s"
          .formatted(
              actual, right, isDerived ? "derived from its columns" : "written by the application");
    }
    return "";
  }
}
