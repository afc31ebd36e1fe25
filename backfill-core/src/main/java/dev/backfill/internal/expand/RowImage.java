package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import java.util.Optional;
import java.util.Set;

/**
 * Compares a column of OLD and NEW by what a reader would see. Equality is not enough: 1.0 equals
 * 1.00, a case-insensitive collation takes 'a' for 'A', and json, xml and point have none. The
 * record operator {@code *<>} would do it, but pg_dump writes it down in a form that cannot be
 * restored.
 */
final class RowImage {
  // Types of which equal values are the same bit by bit.
  private static final Set<String> EXACT =
      Set.of(
          "smallint",
          "integer",
          "bigint",
          "boolean",
          "uuid",
          "date",
          "timestamp without time zone",
          "timestamp with time zone");
  // Never a nondeterministic one: a database cannot have such a default.
  private static final Optional<String> DATABASE_COLLATION = Optional.of("pg_catalog.\"default\"");

  private final String name;
  private final boolean exact;

  private RowImage(String name, String type, Optional<String> collation) {
    boolean text = type.equals("text") || type.startsWith("character varying");
    this.name = Identifiers.quote(name);
    this.exact = EXACT.contains(type) || (text && collation.equals(DATABASE_COLLATION));
  }

  static RowImage of(ColumnInfo column) {
    return new RowImage(column.name(), column.type(), column.collation());
  }

  /** A column that is about to be added, so without a collation of its own. */
  static RowImage ofNew(String name, String type) {
    return new RowImage(name, type, DATABASE_COLLATION);
  }

  String changed() {
    return image("new.") + " is distinct from " + image("old.");
  }

  String unchanged() {
    return image("new.") + " is not distinct from " + image("old.");
  }

  private String image(String row) {
    return exact ? row + name : "(" + row + name + ")::pg_catalog.text collate pg_catalog.\"C\"";
  }
}
