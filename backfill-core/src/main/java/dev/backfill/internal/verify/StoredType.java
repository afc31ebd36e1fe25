package dev.backfill.internal.verify;

import dev.backfill.internal.postgres.ColumnType;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import org.jooq.Record;

/**
 * The column's type, and how two values of it are told apart.
 *
 * @param ownEquality whether by its operator: 1.0 and 1.00 are one number. Where it has none (json,
 *     xml, point), and for texts, which a collation may take for equal though they are not, by
 *     their bytes
 */
record StoredType(ColumnType type, boolean ownEquality) {
  // An array or a range has an operator only if its elements do: by their bytes.
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
             typcollation = 0 and exists (
               select from pg_catalog.pg_opclass o join pg_catalog.pg_am m on m.oid = o.opcmethod
               where m.amname = 'btree' and o.opcdefault and o.opcintype = chain.oid) as own_equality
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
    return new StoredType(type, r.get("own_equality", Boolean.class));
  }

  /** Whether two expressions of the type differ; NULL is a value like any other. */
  String differ(String stored, String wanted) {
    // A bare ROW() would be compared column by column, by their operators.
    return ownEquality
        ? stored + " is distinct from " + wanted
        : "cast(row(" + stored + ") as record) *<> cast(row(" + wanted + ") as record)";
  }
}
