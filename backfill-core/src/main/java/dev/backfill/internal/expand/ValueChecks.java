package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.Specification;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jooq.exception.DataAccessException;

/** What speaks against the value: its type, and what it comes to on a sample of rows. */
final class ValueChecks {
  private static final int SAMPLE = 100;
  private static final Pattern LENGTH =
      Pattern.compile("(?:character varying|character)\\((\\d+)\\)");

  private final Connection connection;
  private final TableInfo table;
  private final Specification spec;
  private final String columnType;
  private final Findings findings;

  ValueChecks(
      Connection connection,
      TableInfo table,
      Specification spec,
      String columnType,
      Findings findings) {
    this.connection = connection;
    this.table = table;
    this.spec = spec;
    this.columnType = columnType;
    this.findings = findings;
  }

  void constant(ColumnValue.Constant constant) {
    String text = ValueText.of(constant.value());
    try {
      String back =
          Jooq.on(connection)
              .fetchSingle("select cast(cast(? as text) as " + columnType + ")::text", text)
              .get(0, String.class);
      if (maxLength().isPresent()
          && back.stripTrailing().length() < text.stripTrailing().length()) {
        findings.problem(
            "The constant has %d characters, and %s would cut it. Use a longer type."
                .formatted(text.length(), columnType));
      }
    } catch (DataAccessException e) {
      findings.problem(
          "The constant \"" + text + "\" is no " + columnType + ": " + reason(e) + ".");
    }
  }

  /**
   * @param type what the driver says the expression's type is
   */
  void expression(String sql, String type, Optional<Key> key) {
    if (!assignable(sql, type)) {
      findings.problem(
          "The value is of type "
              + type
              + ", which cannot be assigned to "
              + columnType
              + ". Add a cast to it, or change the column's type.");
    } else if (key.isPresent()) {
      sample(sql, key.get());
    }
  }

  private boolean assignable(String sql, String type) {
    // A bare literal has no type of its own and takes the column's.
    if (sql.strip().startsWith("'") && type.equals("text")) {
      return true;
    }
    return Jooq.on(connection)
        .fetchSingle(
            """
            with t as (
              select s.oid as source, d.oid as target, d.typcategory,
                     coalesce(nullif(s.typbasetype, 0), s.oid) as source_base,
                     coalesce(nullif(d.typbasetype, 0), d.oid) as target_base,
                     s.typelem as source_element, d.typelem as target_element,
                     s.typcategory = 'A' and d.typcategory = 'A' as arrays
              from pg_catalog.pg_type s, pg_catalog.pg_type d
              where s.oid = to_regtype(cast(? as text)) and d.oid = to_regtype(cast(? as text)))
            select source_base = target_base or typcategory = 'S'
                   or exists (select from pg_catalog.pg_cast c
                              where c.castcontext in ('i', 'a')
                                and (c.castsource, c.casttarget) in (
                                  (source_base, target_base), (source, target))
                                 or arrays and c.castcontext in ('i', 'a')
                                and (c.castsource, c.casttarget) = (source_element, target_element))
                   or source is null
            from t
            """,
            type,
            columnType)
        .get(0, Boolean.class);
  }

  /**
   * Tries the expression where it will be used: it must not fail there, and must not yield NULL.
   */
  private void sample(String sql, Key key) {
    String alias = Identifiers.quote(table.name());
    String rows =
        "from %s as %s where true%s%s"
            .formatted(
                table.sql(),
                alias,
                table
                    .column(spec.column())
                    .map(c -> " and " + alias + "." + Identifiers.quote(c.name()) + " is null")
                    .orElse(""),
                spec.where().map(w -> " and (" + w + "\n)").orElse(""));
    String tooLong =
        maxLength().map(n -> "char_length((" + sql + "\n)::text) > " + n).orElse("false");
    for (String order : List.of(key.orderBy(alias), key.orderByLastFirst(alias))) {
      try {
        Probe.Result result =
            new Probe(connection)
                .select(
                    "select (%s\n) is null, %s, concat_ws(', ', %s) %s order by %s limit %d"
                        .formatted(sql, tooLong, key.asText(alias), rows, order, SAMPLE));
        if (judge(result)) {
          return;
        }
      } catch (SQLException e) {
        if (!SqlStates.QUERY_CANCELED.equals(e.getSQLState())) {
          findings.problem(
              "The value fails on a sample of rows: "
                  + e.getMessage()
                  + ". Mend the expression; covered by a trigger it would fail the application's writes.");
          return;
        }
        findings.warning("The value could not be tried on a sample: " + e.getMessage() + ".");
      }
    }
  }

  /** Whether the sample shows a problem. */
  private boolean judge(Probe.Result result) {
    for (List<String> row : result.rows()) {
      if (row.get(0).equals("t")) {
        findings.problem(
            "The value is NULL for the row with key ("
                + row.get(2)
                + "), so it would stay unfilled. Use coalesce(...), or where(...) to leave such rows out.");
        return true;
      }
      if (row.get(1).equals("t")) {
        findings.problem(
            "The value is too long for "
                + columnType
                + " for the row with key ("
                + row.get(2)
                + ").");
        return true;
      }
    }
    return false;
  }

  private Optional<Integer> maxLength() {
    Matcher matcher = LENGTH.matcher(columnType);
    return matcher.matches() ? Optional.of(Integer.valueOf(matcher.group(1))) : Optional.empty();
  }

  void inputsExist(List<String> inputs) {
    for (String input : inputs) {
      if (table.columns().stream().map(ColumnInfo::name).noneMatch(input::equals)) {
        findings.problem(
            "The function reads column " + input + ", which " + table.sql() + " does not have.");
      }
    }
  }

  private static String reason(DataAccessException e) {
    return String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
  }
}
