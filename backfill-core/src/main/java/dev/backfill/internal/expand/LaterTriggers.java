package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo;
import java.sql.Connection;

/** Refuses user triggers that would run after ours and could change what it has read. */
final class LaterTriggers {
  // tgtype bits: 1 row, 2 before, 4 insert, 16 update. Names are compared as the server does when
  // it orders triggers.
  private static final String LATER =
      """
      select t.tgname::text, c.oid::regclass::text
      from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
      where t.tgrelid = any (cast(? as bigint[])::oid[])
        and not t.tgisinternal and t.tgenabled <> 'D' and t.tgparentid = 0
        and t.tgtype::int & 3 = 3 and t.tgtype::int & 20 <> 0
        and t.tgname > cast(cast(? as text) as name)
        and not starts_with(t.tgname::text, ?)
      order by 1, 2
      """;

  private LaterTriggers() {}

  static void check(Connection connection, TableInfo table, String column, Findings findings) {
    Long[] relations = table.tables().stream().map(TableInfo.Leaf::oid).toArray(Long[]::new);
    String first = CoverTrigger.insertTrigger(column);
    Jooq.on(connection)
        .fetch(LATER, relations, first, CoverTrigger.PREFIX)
        .forEach(
            r ->
                findings.problem(
                    "Trigger %s of %s runs after the one that covers new rows, since triggers run in the"
                            .formatted(Identifiers.quote(r.get(0, String.class)), r.get(1))
                        + " order of their names, and may change what it has read. Rename it to sort"
                        + " before "
                        + first
                        + "."));
  }
}
