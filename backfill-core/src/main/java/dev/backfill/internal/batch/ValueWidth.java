package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** About how many bytes the new value adds to a row. */
final class ValueWidth {
  private static final Map<String, Integer> FIXED =
      Map.of(
          "boolean", 1,
          "smallint", 2,
          "integer", 4,
          "real", 4,
          "date", 4,
          "bigint", 8,
          "double precision", 8,
          "timestamp with time zone", 8,
          "timestamp without time zone", 8,
          "uuid", 16);
  // A short text or number with its length byte; what an expression yields is not known before.
  private static final int VARIABLE = 12;

  private ValueWidth() {}

  static int of(Target target) {
    Integer fixed = FIXED.get(target.columnType());
    if (fixed != null) {
      return fixed;
    }
    if (target.spec().value() instanceof ColumnValue.Constant constant) {
      return ValueText.of(constant.value()).getBytes(StandardCharsets.UTF_8).length + 1;
    }
    return VARIABLE;
  }
}
