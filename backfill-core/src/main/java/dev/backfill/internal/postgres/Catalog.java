package dev.backfill.internal.postgres;

import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import dev.backfill.internal.postgres.TableInfo.IndexInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.TableInfo.TriggerInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** Reads tables from the system catalogs. Reads only; needs no right on the tables themselves. */
public final class Catalog {
  private final DSLContext sql;

  public Catalog(DSLContext sql) {
    this.sql = sql;
  }

  /** What a name stands for. */
  public record Relation(long oid, String schema, String name, char kind) {}

  /** Looks a table up by its unquoted name, on the search path when no schema is given. */
  public Optional<Relation> find(Optional<String> schema, String table) {
    return sql.fetchOptional(
            """
            select c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.relname = cast(? as text)
              and (n.nspname = cast(? as text)
                   or cast(? as text) is null and pg_catalog.pg_table_is_visible(c.oid))
              and c.relkind not in ('i', 'I', 't', 'c', 'S')
            """,
            table,
            schema.orElse(null),
            schema.orElse(null))
        .map(Catalog::relation);
  }

  /** What a table is called now; empty when it was dropped. */
  public Optional<Relation> find(long oid) {
    return sql.fetchOptional(
            """
            select c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.oid = cast(? as bigint)::oid
            """,
            oid)
        .map(Catalog::relation);
  }

  private static Relation relation(Record r) {
    return new Relation(
        r.get(0, Long.class),
        r.get(1, String.class),
        r.get(2, String.class),
        r.get(3, String.class).charAt(0));
  }

  /** Describes a table that {@link #find} found. */
  public TableInfo describe(Relation relation) {
    Record flags =
        sql.fetchSingle(
            """
            select c.relrowsecurity,
                   c.relkind = 'r' and exists (
                     select from pg_catalog.pg_inherits i where i.inhparent = c.oid)
            from pg_catalog.pg_class c where c.oid = ?
            """,
            relation.oid());
    List<Leaf> tables = tables(relation);
    return new TableInfo(
        relation.oid(),
        relation.schema(),
        relation.name(),
        relation.kind(),
        flags.get(0, Boolean.class),
        flags.get(1, Boolean.class),
        columns(relation.oid()),
        indexes(relation.oid()),
        triggers(relation.oid()),
        tables.stream().filter(t -> t.kind() != 'p').toList(),
        tables,
        publications(relation.oid()));
  }

  /**
   * The table of a run that is called schema.table.column, as it is unless told otherwise; empty
   * when it is called otherwise, or when the dots of the name fit several tables.
   */
  public Optional<Long> tableOfRun(String run) {
    return sql.fetchOptional(
            """
            select pg_catalog.min(c.oid::bigint)
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p')
              and pg_catalog.starts_with(
                cast(? as text), n.nspname::text || '.' || c.relname::text || '.')
            having pg_catalog.count(*) = 1
            """,
            run)
        .map(r -> r.get(0, Long.class));
  }

  /** The tables of a partition tree, root first, then by name; the table alone when it is none. */
  public List<Leaf> tables(Relation relation) {
    // pg_partition_tree is empty for an ordinary table that is no partition.
    return sql.fetch(
            """
            select c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text,
                   greatest(c.reltuples, 0)::bigint,
                   case when c.relkind = 'r' then pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint else 0 end,
                   coalesce((select split_part(o, '=', 2)::int
                             from unnest(c.reloptions) o where o like 'fillfactor=%'), 100),
                   c.relpages, c.relfilenode::bigint
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            left join pg_catalog.pg_partition_tree(?::bigint::oid::regclass) p on p.relid = c.oid
            where c.oid = ? or p.relid is not null
            order by coalesce(p.level, 0), n.nspname, c.relname
            """,
            relation.oid(), relation.oid())
        .map(
            r -> {
              long pages = r.get(5, Long.class);
              long analyzedPages = r.get(7, Long.class);
              long tuples = r.get(4, Long.class);
              // As the planner does: the density at the last ANALYZE times the size of today.
              long rows =
                  analyzedPages > 0 ? (long) ((double) tuples / analyzedPages * pages) : pages * 60;
              return new Leaf(
                  r.get(0, Long.class),
                  r.get(1, String.class),
                  r.get(2, String.class),
                  r.get(3, String.class).charAt(0),
                  rows,
                  pages,
                  r.get(6, Integer.class),
                  r.get(8, Long.class));
            });
  }

  /** The live columns of a table in their order. */
  public List<ColumnInfo> columns(long oid) {
    return sql.fetch(
            """
            select a.attnum::int, a.attname::text,
                   pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid::bigint,
                   a.attnotnull,
                   coalesce((select not k.convalidated from pg_catalog.pg_constraint k
                             where k.conrelid = a.attrelid and k.contype = 'n'
                               and k.conkey = array[a.attnum]), false),
                   pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                   a.attgenerated <> '',
                   a.attidentity::text,
                   case when l.oid is not null
                        then quote_ident(ln.nspname) || '.' || quote_ident(l.collname) end,
                   coalesce(s.avg_width, 0), coalesce(s.correlation, 1)
            from pg_catalog.pg_attribute a
            left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            left join pg_catalog.pg_collation l on l.oid = a.attcollation
            left join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
            left join lateral (
              select p.avg_width, p.correlation
              from pg_catalog.pg_stats p
              join pg_catalog.pg_class c on c.oid = a.attrelid
              join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where p.schemaname = n.nspname and p.tablename = c.relname
                and p.attname = a.attname
              order by p.inherited desc limit 1) s on true
            where a.attrelid = ? and a.attnum > 0 and not a.attisdropped
            order by a.attnum
            """,
            oid)
        .map(
            r -> {
              boolean declared = r.get(4, Boolean.class);
              boolean notValid = r.get(5, Boolean.class);
              return new ColumnInfo(
                  r.get(0, Integer.class),
                  r.get(1, String.class),
                  r.get(2, String.class),
                  r.get(3, Long.class),
                  declared && !notValid,
                  declared && notValid,
                  optional(r, 6),
                  r.get(7, Boolean.class),
                  r.get(8, String.class),
                  optional(r, 9),
                  r.get(10, Integer.class),
                  r.get(11, Double.class));
            });
  }

  /** The pg_attrdef row of a column's default, which SET DEFAULT makes anew each time. */
  public Optional<Long> defaultOid(long table, String column) {
    return sql.fetchOptional(
            """
            select d.oid::bigint
            from pg_catalog.pg_attribute a
            join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where a.attrelid = ? and a.attname = cast(? as text) and not a.attisdropped
            """,
            table,
            column)
        .map(r -> r.get(0, Long.class));
  }

  /** The unique indexes and every other index of a table, with what keeps each from being a key. */
  public List<IndexInfo> indexes(long oid) {
    return sql.fetch(
            """
            select i.relname::text, x.indisprimary, x.indisunique,
                   coalesce((select array_agg(a.attname::text order by k.n)
                             from unnest(x.indkey::int2[]) with ordinality k(attnum, n)
                             join pg_catalog.pg_attribute a
                               on a.attrelid = x.indrelid and a.attnum = k.attnum
                             where k.n <= x.indnkeyatts), '{}'),
                   coalesce((select array_agg(distinct a.attname::text)
                             from pg_catalog.pg_depend d
                             join pg_catalog.pg_attribute a
                               on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                             where d.classid = 'pg_class'::regclass and d.objid = i.oid
                               and d.refclassid = 'pg_class'::regclass
                               and d.refobjid = x.indrelid), '{}')
                   || coalesce((select array_agg(a.attname::text)
                                from unnest(x.indkey::int2[]) k(attnum)
                                join pg_catalog.pg_attribute a
                                  on a.attrelid = x.indrelid and a.attnum = k.attnum), '{}'),
                   m.amname::text, x.indisvalid and x.indisready, x.indimmediate,
                   x.indpred is not null, 0 = any (x.indkey::int2[]),
                   (select count(distinct o & 3) = 1 and bool_and(o & 3 in (0, 3))
                    from unnest(x.indoption::int2[]) o),
                   (select bool_and(o & 1 = 1) from unnest(x.indoption::int2[]) o),
                   (select bool_and(oc.opcdefault)
                    from unnest(x.indclass::oid[]) u(opc)
                    join pg_catalog.pg_opclass oc on oc.oid = u.opc),
                   array(select case when u.coll <> 0 and u.coll <> a.attcollation
                                     then quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
                                     else '' end
                         from unnest(x.indcollation::oid[], (x.indkey::int2[])) with ordinality u(coll, attnum, n)
                         left join pg_catalog.pg_attribute a
                           on a.attrelid = x.indrelid and a.attnum = u.attnum
                         left join pg_catalog.pg_collation co on co.oid = u.coll
                         left join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
                         where u.n <= x.indnkeyatts
                         order by u.n),
                   array(select a.attname::text
                         from unnest(x.indkey::int2[]) with ordinality k(attnum, n)
                         join pg_catalog.pg_attribute a
                           on a.attrelid = x.indrelid and a.attnum = k.attnum
                         where k.n <= x.indnkeyatts
                           and (not a.attnotnull or exists (
                             select from pg_catalog.pg_constraint c
                             where c.conrelid = a.attrelid and c.contype = 'n'
                               and c.conkey = array[a.attnum] and not c.convalidated))
                         order by k.n)
            from pg_catalog.pg_index x
            join pg_catalog.pg_class i on i.oid = x.indexrelid
            join pg_catalog.pg_am m on m.oid = i.relam
            where x.indrelid = ?
            order by not x.indisprimary, not x.indisunique, x.indnkeyatts, i.relname
            """,
            oid)
        .map(Catalog::index);
  }

  private static IndexInfo index(Record r) {
    List<String> keyColumns = strings(r, 3);
    List<String> nullable = strings(r, 14);
    Optional<String> unusable = Optional.empty();
    if (!r.get(2, Boolean.class)) {
      unusable = Optional.of("it is not unique");
    } else if (!r.get(5, String.class).equals("btree")) {
      unusable = Optional.of("it is no btree");
    } else if (!r.get(6, Boolean.class)) {
      unusable = Optional.of("it is not valid");
    } else if (!r.get(7, Boolean.class)) {
      unusable = Optional.of("it is deferrable");
    } else if (r.get(8, Boolean.class)) {
      unusable = Optional.of("it is partial");
    } else if (r.get(9, Boolean.class)) {
      unusable = Optional.of("it is on an expression");
    } else if (!nullable.isEmpty()) {
      unusable = Optional.of("column " + Identifiers.quoteAll(nullable) + " may be NULL");
    } else if (!r.get(10, Boolean.class)) {
      unusable = Optional.of("its columns are not all ASC or all DESC with default null order");
    } else if (!r.get(12, Boolean.class)) {
      unusable = Optional.of("it uses an operator class that is not the type's default");
    }
    return new IndexInfo(
        r.get(0, String.class),
        r.get(1, Boolean.class),
        r.get(2, Boolean.class),
        r.get(9, Boolean.class) ? List.of() : keyColumns,
        strings(r, 4),
        unusable.isEmpty(),
        unusable,
        r.get(11, Boolean.class),
        strings(r, 13).stream()
            .map(c -> c.isEmpty() ? Optional.<String>empty() : Optional.of(c))
            .toList());
  }

  /** The user triggers of a table that are not switched off. */
  public List<TriggerInfo> triggers(long oid) {
    // tgtype bits: 1 row, 2 before, 4 insert, 8 delete, 16 update
    return sql.fetch(
            """
            select t.tgname::text, pg_catalog.pg_get_triggerdef(t.oid),
                   t.tgtype::int & 2 <> 0, t.tgtype::int & 1 <> 0,
                   t.tgtype::int & 4 <> 0, t.tgtype::int & 16 <> 0,
                   t.tgattr = ''::int2vector,
                   array(select a.attname::text from unnest(t.tgattr::int2[]) k(attnum)
                         join pg_catalog.pg_attribute a
                           on a.attrelid = t.tgrelid and a.attnum = k.attnum),
                   t.tgenabled::text
            from pg_catalog.pg_trigger t
            where t.tgrelid = ? and not t.tgisinternal and t.tgenabled <> 'D'
            order by t.tgname
            """,
            oid)
        .map(
            r ->
                new TriggerInfo(
                    r.get(0, String.class),
                    r.get(1, String.class),
                    r.get(2, Boolean.class),
                    r.get(3, Boolean.class),
                    r.get(4, Boolean.class),
                    r.get(5, Boolean.class),
                    r.get(6, Boolean.class),
                    strings(r, 7),
                    r.get(8, String.class).charAt(0)));
  }

  private List<String> publications(long oid) {
    // A partitioned table is published when it, an ancestor or one of its leaves is.
    return sql.fetch(
            """
            select distinct p.pubname::text
            from pg_catalog.pg_publication p
            join lateral pg_catalog.pg_get_publication_tables(p.pubname) t on true
            where t.relid = ?
               or t.relid in (select relid from pg_catalog.pg_partition_tree(?::bigint::oid::regclass))
               or t.relid in (select relid from pg_catalog.pg_partition_ancestors(?::bigint::oid::regclass))
            order by 1
            """,
            oid,
            oid,
            oid)
        .map(r -> r.get(0, String.class));
  }

  private static List<String> strings(Record r, int index) {
    return Arrays.asList(r.get(index, String[].class));
  }

  private static Optional<String> optional(Record r, int index) {
    @Nullable String value = r.get(index, String.class);
    return Optional.ofNullable(value);
  }
}
