package dev.backfill.internal.postgres;

import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import dev.backfill.internal.postgres.TableInfo.IndexInfo;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Chooses the index to page by: the primary key, else the narrowest unique NOT NULL index. */
public final class KeyChooser {
  private KeyChooser() {}

  /** The key, or the reason why there is none together with what would do. */
  public record Choice(Optional<Key> key, String refusal) {}

  public static Choice choose(TableInfo table, List<String> wanted) {
    // The catalog lists the primary key first, then unique indexes by their number of columns.
    Optional<IndexInfo> index =
        table.indexes().stream()
            .filter(IndexInfo::pageable)
            .filter(i -> wanted.isEmpty() || i.keyColumns().equals(wanted))
            .findFirst();
    return index
        .map(i -> new Choice(Optional.of(key(table, i)), ""))
        .orElseGet(() -> new Choice(Optional.empty(), refusal(table, wanted)));
  }

  private static Key key(TableInfo table, IndexInfo index) {
    List<Key.Column> columns =
        IntStream.range(0, index.keyColumns().size())
            .mapToObj(
                i -> {
                  ColumnInfo column = table.column(index.keyColumns().get(i)).orElseThrow();
                  return new Key.Column(column.name(), column.type(), index.collations().get(i));
                })
            .toList();
    return new Key(index.name(), columns, index.descending());
  }

  private static String refusal(TableInfo table, List<String> wanted) {
    StringBuilder why = new StringBuilder();
    if (wanted.isEmpty()) {
      why.append("Table ").append(table.sql()).append(" has no key to page by.");
    } else {
      why.append("No index of ")
          .append(table.sql())
          .append(" on exactly (")
          .append(Identifiers.quoteAll(wanted))
          .append(") can be paged by.");
    }
    for (IndexInfo index : table.indexes()) {
      if (index.pageable()) {
        why.append(" Index ")
            .append(Identifiers.quote(index.name()))
            .append(" on (")
            .append(Identifiers.quoteAll(index.keyColumns()))
            .append(") would do.");
      } else if (index.unique() || index.keyColumns().equals(wanted)) {
        why.append(" Index ")
            .append(Identifiers.quote(index.name()))
            .append(" will not do: ")
            .append(index.unusable().orElse(""))
            .append(".");
      }
    }
    if (table.indexes().stream().noneMatch(IndexInfo::pageable)) {
      why.append(
          " Add a primary key, or CREATE UNIQUE INDEX CONCURRENTLY on columns that are all NOT NULL.");
    }
    return why.toString();
  }
}
