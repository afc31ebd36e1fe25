package dev.backfill.internal.engine;

import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.postgres.ValueText;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.RunMismatchException;
import dev.backfill.model.Specification;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The parts of a definition that decide which value a row gets: these may not change under a run.
 */
final class Definition {
  private Definition() {}

  /**
   * @param key the columns that the table is paged by, asked for or not: checkpoints are in them
   */
  static Map<String, String> of(Specification spec, String columnType, String key) {
    Map<String, String> parts = new TreeMap<>();
    parts.put("column", spec.column());
    parts.put("type", columnType);
    parts.put("value", value(spec.value()));
    spec.where().ifPresent(where -> parts.put("where", where));
    parts.put("key", key);
    return parts;
  }

  static Map<String, String> of(Target target) {
    return of(target.spec(), target.columnType(), String.join(", ", target.key().columnNames()));
  }

  private static String value(ColumnValue value) {
    if (value instanceof ColumnValue.Constant constant) {
      return "constant " + ValueText.of(constant.value());
    }
    if (value instanceof ColumnValue.Expression expression) {
      return "expression " + expression.sql();
    }
    // A function has no text; its inputs have to do.
    return "function of " + String.join(", ", ((ColumnValue.Computed) value).inputs());
  }

  /** Refuses to go on with a run that was started from something else. */
  static void requireSame(RunRow run, Target target) {
    StringBuilder differences = new StringBuilder();
    if (run.tableOid() != target.table().oid()) {
      differences.append(
          " The table was dropped and created again, or another has its name: oid %d then, %d now."
              .formatted(run.tableOid(), target.table().oid()));
    }
    Map<String, String> now = of(target);
    TreeSet<String> names = new TreeSet<>(now.keySet());
    names.addAll(run.definition().keySet());
    for (String name : names) {
      String then = run.definition().get(name);
      if (!Objects.equals(then, now.get(name))) {
        differences.append(
            " %s: %s then, %s now.".formatted(name, shown(then), shown(now.get(name))));
      }
    }
    if (!differences.isEmpty()) {
      throw new RunMismatchException(
          "Run "
              + run.name()
              + " was started from another definition, and nothing was changed."
              + differences
              + " Use the former definition to finish it; or forget it, DELETE FROM "
              + Identifiers.quote(target.spec().options().stateSchema(), "run")
              + " WHERE name = '"
              + run.name().replace("'", "''")
              + "', and start again. Rows that have a value keep it: to give all of them the new one,"
              + " fill a new column, or update those rows yourself.");
    }
  }

  private static String shown(@org.jspecify.annotations.Nullable String part) {
    return part == null ? "none" : "\"" + part + "\"";
  }
}
