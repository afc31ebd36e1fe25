package dev.backfill.internal.verify;

import dev.backfill.internal.postgres.ColumnType;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.util.Optional;
import org.jooq.Record;

/**
 * The column's type, and how two values of it are told apart.
 *
 * @param equality its operator, as SQL calls it wherever it is: 1.0 and 1.00 are one number. Empty
 *     where it has none (json, xml, point), and for texts, which a collation may take for equal
 *     though they are not: they are told apart by their bytes
 */
record StoredType(ColumnType type, Optional<String> equality) {
  // Strategy 3 of a B-tree is equality. An array or a range has an operator only if its elements
  // do: by their bytes.
  private static final String READ =
      """
      with recursive chain as (
        select t.oid, t.typname, t.typtype, t.typbasetype, t.typcollation, t.typtypmod,
               a.atttypid, a.atttypmod as modifier
        from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
        where a.attrelid = cast(? as bigint)::oid and a.attname = cast(? as text)
        union all
        select t.oid, t.typname, t.typtype, t.typbasetype, t.typcollation, t.typtypmod,
               c.atttypid, greatest(c.modifier, c.typtypmod)
        from chain c join pg_catalog.pg_type t on t.oid = c.typbasetype where c.typtype = 'd')
      select atttypid::bigint as oid, typname::text as base, modifier,
             (select quote_ident(n.nspname) || '.' || p.oprname::text
              from pg_catalog.pg_opclass o
              join pg_catalog.pg_am m on m.oid = o.opcmethod
              join pg_catalog.pg_amop a on a.amopfamily = o.opcfamily
                and a.amoplefttype = chain.oid and a.amoprighttype = chain.oid
                and a.amopstrategy = 3
              join pg_catalog.pg_operator p on p.oid = a.amopopr
              join pg_catalog.pg_namespace n on n.oid = p.oprnamespace
              where chain.typcollation = 0 and m.amname = 'btree' and o.opcdefault
                and o.opcintype = chain.oid) as equality
      from chain where typtype <> 'd'
      """;

  static StoredType read(Connection connection, Target target) {
    Record r = Jooq.on(connection).fetchSingle(READ, target.table().oid(), target.spec().column());
    ColumnType type =
        new ColumnType(
            target.columnType(),
            r.get("oid", Long.class),
            r.get("base", String.class),
            r.get("modifier", Integer.class));
    return new StoredType(type, Optional.ofNullable(r.get("equality", String.class)));
  }

  /** Whether a value differs from an expression of the type, which may be NULL. */
  String differ(String stored, String wanted) {
    return equality
        // IS DISTINCT FROM would look for the operator on the search path, and find none, or
        // another. A
        // question mark in its name is no parameter.
        .map(
            equal ->
                "((%s) operator(%s) (%s)) is not true"
                    .formatted(stored, equal.replace("?", "??"), wanted))
        // A bare ROW() would be compared column by column, by their operators.
        .orElseGet(
            () -> "cast(row(" + stored + ") as record) *<> cast(row(" + wanted + ") as record)");
  }
}
