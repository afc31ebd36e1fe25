package dev.backfill.internal.expand;

import dev.backfill.testing.TestDatabase;
import java.util.List;

/** Everything that a definition could have created or changed, to be compared before and after. */
final class SchemaImage {
  private SchemaImage() {}

  static List<String> of(TestDatabase database) {
    return database.queryStrings(
        """
        select concat_ws(' ', 'column', c.oid::regclass, a.attname, format_type(atttypid, atttypmod),
                         attnotnull, attisdropped, c.relfilenode, pg_get_expr(d.adbin, d.adrelid))
        from pg_class c join pg_attribute a on a.attrelid = c.oid
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.oid >= 16384 and a.attnum > 0 and c.relkind <> 't'
        union all select concat_ws(' ', 'trigger', tgname, tgenabled, pg_get_triggerdef(oid)) from pg_trigger
        union all select concat_ws(' ', 'function', oid::regprocedure, prosrc) from pg_proc where oid >= 16384
        union all select concat_ws(' ', 'schema', nspname) from pg_namespace where nspname !~ '^pg_'
        union all select concat_ws(' ', 'constraint', conname, conrelid::regclass) from pg_constraint
        order by 1
        """);
  }
}
