package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.ColumnType;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import java.sql.Connection;
import java.util.Set;
import java.util.regex.Pattern;
import org.jooq.exception.DataAccessException;

/** Refuses a constant that the column's type does not read, or would have to cut. */
final class ConstantCheck {
  private static final Set<String> TIMES =
      Set.of("date", "time", "timetz", "timestamp", "timestamptz");
  private static final Pattern CLOCK =
      Pattern.compile(".*\\b(now|today|tomorrow|yesterday)\\b.*", Pattern.CASE_INSENSITIVE);

  private ConstantCheck() {}

  static void check(
      Connection connection, ColumnValue.Constant constant, ColumnType type, Findings findings) {
    String text = ValueText.of(constant.value());
    if (TIMES.contains(type.baseName()) && CLOCK.matcher(text).matches()) {
      findings.problem(
          "The constant '%s' is another %s whenever it is read. Give the time itself."
              .formatted(text, type.name()));
    }
    try {
      boolean isNull =
          Jooq.on(connection)
              .fetchSingle("select " + type.assigned("cast(? as text)") + " is null", text)
              .get(0, Boolean.class);
      if (isNull) {
        findings.problem(
            "The constant '" + text + "' is NULL as a " + type.name() + ". Give one that is not.");
      }
    } catch (DataAccessException e) {
      if (SqlStates.classify(e) == SqlStates.Kind.CONNECTION) {
        throw e;
      }
      findings.problem(
          "The constant '%s' is no %s: %s. Change the constant or the type."
              .formatted(text, type.name(), ServerText.of(e)));
    }
  }
}
