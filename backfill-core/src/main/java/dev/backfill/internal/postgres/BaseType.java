package dev.backfill.internal.postgres;

import java.sql.Connection;
import org.jooq.Record;

/**
 * The type that a column's domain, if it has one, stands for, without a modifier: a cast to it
 * never cuts, and the assignment to the column then refuses what is too long, where a cast to
 * character(n) or bit(n) would cut it silently.
 *
 * @param name as format_type prints it
 * @param text whether texts are assigned to it as they are
 */
public record BaseType(String name, boolean text) {
  private static final String READ =
      """
      with recursive base as (
        select cast(? as regtype)::oid as oid
        union all
        select t.typbasetype from base b join pg_catalog.pg_type t on t.oid = b.oid
        where t.typtype = 'd')
      select format_type(t.oid, -1) as name, t.typcategory = 'S' as text
      from base b join pg_catalog.pg_type t on t.oid = b.oid where t.typtype <> 'd'
      """;

  /** The target column's, whether it exists or not. */
  public static BaseType of(Connection connection, Target target) {
    Record r = Jooq.on(connection).fetchSingle(READ, target.columnType());
    return new BaseType(r.get("name", String.class), r.get("text", Boolean.class));
  }
}
