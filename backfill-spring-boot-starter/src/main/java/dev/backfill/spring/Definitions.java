package dev.backfill.spring;

import dev.backfill.BackfillDefinition;
import dev.backfill.model.Specification;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The definitions by name, each with where it stands; two that would meet are refused. */
final class Definitions {
  /** A definition and where it stands. */
  record Named(String origin, BackfillDefinition definition) {}

  private final Map<String, Named> byName = new LinkedHashMap<>();
  private final Map<String, String> byColumn = new HashMap<>();

  void add(String name, String origin, BackfillDefinition definition) {
    Named same = byName.putIfAbsent(name, new Named(origin, definition));
    if (same != null) {
      throw new InvalidBackfillException(
          "Two backfills are named '" + name + "': " + same.origin() + " and " + origin + ".",
          "Rename one of them, or leave one out.");
    }
    Specification spec = definition.specification();
    String column =
        spec.schema().map(schema -> schema + ".").orElse("") + spec.table() + "." + spec.column();
    String other = byColumn.putIfAbsent(column, origin);
    if (other != null) {
      throw new InvalidBackfillException(
          "Two backfills fill the column " + column + ": " + other + " and " + origin + ".",
          "Leave one of them out. An environment variable that does not spell a name as the property"
              + " files do makes a definition of its own.");
    }
  }

  Map<String, Named> all() {
    return byName;
  }
}
