package dev.backfill.internal.batch;

import dev.backfill.internal.postgres.Jooq;
import java.sql.Connection;
import java.util.List;
import org.jooq.Record;

/**
 * Indexed columns that a batch assigns to themselves, so that its index entries are cheap.
 *
 * <p>An UPDATE that names none of a B-tree's columns tells it that the new entry is one more
 * version of the same row, and a full index page then looks through the heap for dead versions
 * before it is split ("bottom-up deletion", from PostgreSQL 14 on). Measured, that search was a
 * third to a half of a run, mostly in vain:
 *
 * <ul>
 *   <li>in the first pass of a window, where the versions next to each other on an index page are
 *       of the very transaction that looks;
 *   <li>in every pass, on an index whose order is not the heap's: it visits six blocks at a time,
 *       and each holds one row of that index page.
 * </ul>
 *
 * Naming one column of the index switches it off there. Elsewhere it stays on, since it keeps the
 * index from growing. Whether an update is HOT is decided by values and not by names, and so is
 * what foreign keys and replication see.
 */
final class IdleAssignments {
  private static final double HEAP_ORDER = 0.5;

  // One column per index is enough. Not taken: what has a meaning of its own when it is named
  // (identity, generated columns and those they read, UPDATE OF triggers, rules), what the role may
  // not update, and columns of unique indexes, which a foreign key may refer to: naming those makes
  // the wait for a row that changes at the same moment a stronger lock.
  private static final String COLUMNS =
      """
      select distinct on (i.indexrelid)
        quote_ident(a.attname) as column_name,
        abs(coalesce(
          (select s.correlation from pg_catalog.pg_stats s
            where s.schemaname = n.nspname and s.tablename = t.relname and s.attname = a.attname
              and not s.inherited),
          1)) as correlation
      from pg_catalog.pg_index i
      join pg_catalog.pg_class x on x.oid = i.indexrelid
      join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
      join pg_catalog.pg_class t on t.oid = i.indrelid and not t.relhasrules
      join pg_catalog.pg_namespace n on n.oid = t.relnamespace
      cross join lateral unnest(i.indkey::int2[]) with ordinality as k(attnum, position)
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where i.indrelid = cast(? as bigint)::oid
        and not i.indisunique and i.indisready and k.position <= i.indnkeyatts
        and a.attnum > 0 and a.attgenerated = '' and a.attidentity = ''
        and has_column_privilege(i.indrelid, a.attnum, 'UPDATE')
        and not exists (
          select from pg_catalog.pg_index u
          where u.indrelid = i.indrelid and u.indisunique and a.attnum = any (u.indkey::int2[]))
        and not exists (
          select from pg_catalog.pg_attribute g
          where g.attrelid = i.indrelid and g.attgenerated <> '' and not g.attisdropped)
        and not exists (
          select from pg_catalog.pg_trigger g
          where g.tgrelid = i.indrelid and a.attnum = any (g.tgattr::int2[]))
      order by i.indexrelid, k.position
      """;

  private final List<String> inFirstPass;
  private final List<String> inEveryPass;

  private IdleAssignments(List<Record> columns) {
    this.inFirstPass = names(columns, Double.MAX_VALUE);
    this.inEveryPass = names(columns, HEAP_ORDER);
  }

  static IdleAssignments of(Connection connection, long leaf) {
    return new IdleAssignments(List.copyOf(Jooq.on(connection).fetch(COLUMNS, leaf)));
  }

  /** Quoted columns to assign to themselves in one of so many passes. */
  List<String> in(int pass, int passes) {
    return pass == 0 && passes > 1 ? inFirstPass : inEveryPass;
  }

  private static List<String> names(List<Record> columns, double mostCorrelation) {
    return columns.stream()
        .filter(c -> c.get("correlation", Double.class) <= mostCorrelation)
        .map(c -> c.get("column_name", String.class))
        .distinct()
        .toList();
  }
}
