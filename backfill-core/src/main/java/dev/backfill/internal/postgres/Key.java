package dev.backfill.internal.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The columns that order the table for paging, and the SQL that pages by them. Key values are
 * ordered, compared and converted by PostgreSQL alone: Java only carries their text form, save that
 * a stripe of integers is counted.
 */
public record Key(String index, List<Column> columns, boolean descending) {
  private static final int SHOWN = 200;
  private static final Set<String> INTEGERS = Set.of("bigint", "integer", "smallint");
  // The types with an order that have no hash.
  private static final Pattern UNHASHED =
      Pattern.compile("(bit|bit varying|money|tsvector|tsquery)(\\(\\d+\\))?");

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

  /** A key in a message: a long one is cut. */
  public static String shown(List<String> key) {
    return key.stream()
        .map(text -> text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...")
        .collect(Collectors.joining(", ", "[", "]"));
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

  /** {@code key > other.key} in paging order. */
  public String after(String alias, String other) {
    return row(alias)
        + (descending ? " < " : " > ")
        + tuple(columns.stream().map(c -> bare(other, c)).toList());
  }

  /** {@code key <= (?, ?)} in paging order. */
  public String upTo(String alias) {
    return row(alias) + (descending ? " >= " : " <= ") + placeholders();
  }

  /** {@code key = (?, ?)}. */
  public String equal(String alias) {
    return row(alias) + " = " + placeholders();
  }

  /** {@code key = other.key}; types without a hash are compared too. */
  public String equal(String alias, String other) {
    return row(alias) + " = " + tuple(columns.stream().map(c -> bare(other, c)).toList());
  }

  /** The columns of a select list that reads the key back from an array of its texts. */
  public String fromTexts(String array) {
    List<String> read = new ArrayList<>();
    for (Column column : columns) {
      read.add(
          "cast(%s[%d] as %s) as %s"
              .formatted(array, read.size() + 1, column.type(), Identifiers.quote(column.name())));
    }
    return String.join(", ", read);
  }

  /** One parameter per column, cast to its type from text. */
  public String placeholders() {
    return tuple(columns.stream().map(c -> "cast(? as " + c.type() + ")").toList());
  }

  /** The key as one number, where it is one: it may say which stripe a row belongs to. */
  public Optional<String> number(String alias) {
    return columns.size() == 1 && INTEGERS.contains(columns.get(0).type())
        ? Optional.of(bare(alias, columns.get(0)))
        : Optional.empty();
  }

  /** A hash of the key, the same in every session and in every pass. */
  public String hash(String alias) {
    // ROW() hashing takes any key; the hash of one integer is cheaper, and that is the usual case.
    if (number(alias).isPresent()) {
      return "hashint8(" + number(alias).get() + ")";
    }
    return columns.stream()
        .map(c -> UNHASHED.matcher(c.type()).matches() ? textOf(bare(alias, c)) : bare(alias, c))
        .collect(Collectors.joining(", ", "hash_record(row(", "))"));
  }

  private static String textOf(String column) {
    return "cast(" + column + " as text)";
  }

  private static String bare(String alias, Column column) {
    return (alias.isEmpty() ? "" : alias + ".") + Identifiers.quote(column.name());
  }

  private static String tuple(List<String> parts) {
    return parts.size() == 1 ? parts.get(0) : "(" + String.join(", ", parts) + ")";
  }
}
