package dev.backfill.internal.postgres;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The columns that order the table for paging, and the SQL that pages by them. Key values are
 * ordered, compared and converted by PostgreSQL alone: Java only carries their text form.
 */
public record Key(String index, List<Column> columns, boolean descending) {

  /**
   * One column of the key.
   *
   * @param collation the index's collation where it is not the column's own
   */
  public record Column(String name, String type, Optional<String> collation) {
    private String sql(String alias) {
      String column =
          alias.isEmpty() ? Identifiers.quote(name) : alias + "." + Identifiers.quote(name);
      return collation.map(c -> "(" + column + " collate " + c + ")").orElse(column);
    }
  }

  public Key {
    columns = List.copyOf(columns);
  }

  public List<String> columnNames() {
    return columns.stream().map(Column::name).toList();
  }

  /** The columns as a row value, or the bare column when there is one. */
  public String row(String alias) {
    return tuple(columns.stream().map(c -> c.sql(alias)).toList());
  }

  /** {@code order by} list in paging order. */
  public String orderBy(String alias) {
    return orderBy(alias, descending);
  }

  /** {@code order by} list from the last key to the first. */
  public String orderByLastFirst(String alias) {
    return orderBy(alias, !descending);
  }

  private String orderBy(String alias, boolean down) {
    return columns.stream()
        .map(c -> c.sql(alias) + (down ? " desc" : ""))
        .collect(Collectors.joining(", "));
  }

  /** The key's columns as text, the form in which checkpoints keep them. */
  public String asText(String alias) {
    return columns.stream()
        .map(c -> (alias.isEmpty() ? "" : alias + ".") + Identifiers.quote(c.name()) + "::text")
        .collect(Collectors.joining(", "));
  }

  /** {@code key > (?, ?)} in paging order; one row comparison, which a btree takes as its bound. */
  public String after(String alias) {
    return row(alias) + (descending ? " < " : " > ") + placeholders();
  }

  /** {@code key <= (?, ?)} in paging order. */
  public String upTo(String alias) {
    return row(alias) + (descending ? " >= " : " <= ") + placeholders();
  }

  /** One parameter per column, cast to its type from text. */
  public String placeholders() {
    return tuple(columns.stream().map(c -> "cast(? as " + c.type() + ")").toList());
  }

  /** The hash that says which stripe a row belongs to. */
  public String hash(String alias) {
    // ROW() hashing takes any key; the integer form is cheaper and the usual case.
    if (columns.size() == 1) {
      String only = (alias.isEmpty() ? "" : alias + ".") + Identifiers.quote(columns.get(0).name());
      return switch (columns.get(0).type()) {
        case "bigint", "integer", "smallint" -> "hashint8(" + only + ")";
        case "uuid" -> "uuid_hash(" + only + ")";
        default -> "hash_record(row(" + only + "))";
      };
    }
    return IntStream.range(0, columns.size())
        .mapToObj(
            i -> (alias.isEmpty() ? "" : alias + ".") + Identifiers.quote(columns.get(i).name()))
        .collect(Collectors.joining(", ", "hash_record(row(", "))"));
  }

  private static String tuple(List<String> parts) {
    return parts.size() == 1 ? parts.get(0) : "(" + String.join(", ", parts) + ")";
  }
}
