package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Jooq;
import java.sql.Connection;

/** Whether PostgreSQL would assign a value of one type to a column of another, without a cast. */
final class AssignmentRules {
  // As the parser has it: the same type; an implicit or assignment cast; without any cast, arrays
  // by their elements, a row to a composite type, and everything to text by its output function.
  private static final String ASSIGNABLE =
      """
      with recursive domains as (
        select v.side, t.oid, t.typtype, t.typbasetype
        from (values ('s', cast(? as bigint)::oid), ('t', cast(? as bigint)::oid)) v(side, o)
        join pg_catalog.pg_type t on t.oid = v.o
        union all
        select d.side, t.oid, t.typtype, t.typbasetype
        from domains d join pg_catalog.pg_type t on t.oid = d.typbasetype where d.typtype = 'd'),
      pair as (
        select s.oid as s, t.oid as t, 0 as element
        from domains s, domains t
        where s.side = 's' and s.typtype <> 'd' and t.side = 't' and t.typtype <> 'd'
        union all
        select s.typelem, t.typelem, 1
        from domains ds join pg_catalog.pg_type s on s.oid = ds.oid,
             domains dt join pg_catalog.pg_type t on t.oid = dt.oid
        where ds.side = 's' and dt.side = 't' and s.typcategory = 'A' and t.typcategory = 'A')
      select bool_or(
        pair.s = pair.t
        or exists (select from pg_catalog.pg_cast c
                   where c.castsource = pair.s and c.casttarget = pair.t
                     and c.castcontext in ('i', 'a'))
        or not exists (select from pg_catalog.pg_cast c
                       where c.castsource = pair.s and c.casttarget = pair.t)
           and (t.typcategory = 'S' or s.oid = 'record'::regtype and t.typtype = 'c'))
      from pair
      join pg_catalog.pg_type s on s.oid = pair.s
      join pg_catalog.pg_type t on t.oid = pair.t
      """;

  private AssignmentRules() {}

  static boolean assignable(Connection connection, long source, long target) {
    return Jooq.on(connection).fetchSingle(ASSIGNABLE, source, target).get(0, Boolean.class);
  }
}
