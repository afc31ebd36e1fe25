package dev.backfill;

import dev.backfill.model.Names;
import java.util.List;
import java.util.Optional;

/**
 * The entry: describes how a table gets a new column with a value in every row and NOT NULL on top.
 *
 * <pre>{@code
 * BackfillResult result =
 *     Backfill.column("orders", "status_code")
 *         .type("varchar(32)")
 *         .value("case when shipped_at is null then 'pending' else 'shipped' end")
 *         .on(dataSource)
 *         .run();
 * }</pre>
 */
public final class Backfill {
  private Backfill() {}

  /**
   * @param table the table, with its schema before a dot, or without to look it up on the search
   *     path of the connection; a name with dots of its own needs {@link #column(String, String,
   *     String)}
   * @param column the new column, or one that exists and is to be filled; as the catalog has it,
   *     without quotes, upper and lower case told apart
   * @throws IllegalArgumentException when a name is blank or longer than 63 bytes
   */
  public static ColumnStages.Typed column(String table, String column) {
    List<String> parts = Names.split(table);
    Optional<String> schema = parts.size() == 2 ? Optional.of(parts.get(0)) : Optional.empty();
    return new DefinitionStages(schema, parts.get(parts.size() - 1), column);
  }

  /**
   * As {@link #column(String, String)} with the schema apart.
   *
   * @throws IllegalArgumentException when a name is blank or longer than 63 bytes
   */
  public static ColumnStages.Typed column(String schema, String table, String column) {
    return new DefinitionStages(Optional.of(Names.check("schema", schema)), table, column);
  }
}
