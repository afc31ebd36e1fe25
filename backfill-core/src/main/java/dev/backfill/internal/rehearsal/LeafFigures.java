package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jooq.Record;

/**
 * What the catalogs say of the leaf that is copied, and of the server's checkpoints.
 *
 * @param tableBytes heap and TOAST
 * @param storage the leaf's storage options, as in WITH (...); empty for none
 * @param columns quoted columns that can be written
 * @param checkpointBytes WAL between two checkpoints when nothing else brings them
 * @param checkpointSeconds time between two checkpoints at most
 */
public record LeafFigures(
    Leaf leaf,
    long tableBytes,
    List<Index> indexes,
    String storage,
    String columns,
    long checkpointBytes,
    double checkpointSeconds) {
  private static final int BLOCK = 8_192;

  // The head ends where the name of the table stands; what follows it begins with its method.
  private static final String INDEXES =
      """
      select x.oid::bigint as oid, x.relname::text as name,
        coalesce(a.attname::text, '') as leading,
        case when i.indisunique then 'create unique index ' else 'create index ' end as head,
        pg_catalog.substr(pg_catalog.pg_get_indexdef(x.oid),
          pg_catalog.length(pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I',
            case when i.indisunique then 'UNIQUE ' else '' end, x.relname,
            case when t.relkind = 'p' then 'ONLY ' else '' end, n.nspname, t.relname)) + 1) as tail,
        m.amname = 'btree' as btree,
        coalesce(abs(s.correlation), 0) >= 0.5 as in_heap_order,
        pg_catalog.pg_relation_size(x.oid) / 8192 as pages
      from pg_catalog.pg_index i
      join pg_catalog.pg_class x on x.oid = i.indexrelid
      join pg_catalog.pg_am m on m.oid = x.relam
      join pg_catalog.pg_class t on t.oid = i.indrelid
      join pg_catalog.pg_namespace n on n.oid = t.relnamespace
      left join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
      left join pg_catalog.pg_stats s on s.schemaname = n.nspname and s.tablename = t.relname
        and s.attname = a.attname and not s.inherited
      where i.indrelid = cast(? as bigint)::oid and i.indisvalid
      order by x.oid
      """;

  private static final String FIGURES =
      """
      select pg_catalog.pg_table_size(c.oid) as table_bytes,
        coalesce(pg_catalog.array_to_string(c.reloptions, ', '), '') as storage,
        (select string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
         from pg_catalog.pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
           and a.attgenerated = '') as columns,
        (select setting::float8 * 1048576 from pg_catalog.pg_settings where name = 'max_wal_size')
          / (1 + current_setting('checkpoint_completion_target')::float8) as checkpoint_bytes,
        (select setting::float8 from pg_catalog.pg_settings where name = 'checkpoint_timeout')
          as checkpoint_seconds
      from pg_catalog.pg_class c where c.oid = cast(? as bigint)::oid
      """;

  public LeafFigures {
    indexes = List.copyOf(indexes);
  }

  /**
   * @param connection in no transaction
   * @throws dev.backfill.model.LockNotAcquiredException when somebody has it locked exclusively
   */
  public static LeafFigures of(Connection connection, Leaf leaf) throws SQLException {
    return BoundedRead.of(connection, leaf.oid(), leaf.sql(), tx -> read(tx, leaf));
  }

  private static LeafFigures read(Connection connection, Leaf leaf) {
    List<Index> indexes = Jooq.on(connection).fetch(INDEXES, leaf.oid()).map(LeafFigures::index);
    Record figures = Jooq.on(connection).fetchSingle(FIGURES, leaf.oid());
    return new LeafFigures(
        leaf,
        figures.get("table_bytes", Long.class),
        indexes,
        figures.get("storage", String.class),
        figures.get("columns", String.class),
        (long) figures.get("checkpoint_bytes", Double.class).doubleValue(),
        figures.get("checkpoint_seconds", Double.class));
  }

  private static Index index(Record r) {
    String tail = r.get("tail", String.class);
    if (!tail.startsWith(" USING ")) {
      throw new IllegalStateException(
          "Index " + r.get("name", String.class) + " has a definition of an unknown form: " + tail);
    }
    return new Index(
        r.get("oid", Long.class),
        r.get("name", String.class),
        r.get("leading", String.class),
        r.get("head", String.class),
        tail,
        r.get("btree", Boolean.class),
        r.get("in_heap_order", Boolean.class),
        r.get("pages", Long.class));
  }

  /** Whether rows that stand together have their values of this indexed column together. */
  public boolean inHeapOrder(String column) {
    return indexes.stream().anyMatch(i -> i.leading().equals(column) && i.inHeapOrder());
  }

  long indexBytes() {
    return indexes.stream().mapToLong(Index::pages).sum() * BLOCK;
  }

  /** All of it, in bytes. */
  long bytes() {
    return tableBytes + indexBytes();
  }

  Optional<String> indexesInNoOrder() {
    String names =
        indexes.stream()
            .filter(i -> !i.inHeapOrder())
            .map(Index::name)
            .collect(Collectors.joining(", "));
    return names.isEmpty() ? Optional.empty() : Optional.of(names);
  }
}
