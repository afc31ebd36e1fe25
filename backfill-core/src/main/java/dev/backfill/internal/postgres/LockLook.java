package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.time.Duration;
import java.util.List;

/** Looks who holds locks on some tables that conflict with a mode, without waiting for anything. */
final class LockLook {
  private static final int QUERY_SHOWN = 100;

  // pg_locks shows fast-path locks too. The locks of a prepared transaction have no pid there; the
  // one on
  // its own xid, which has the same virtual transaction, leads to its gid.
  private static final String HOLDERS =
      """
      select distinct on (l.pid, p.gid)
             case when l.pid is null then 'prepared transaction ''' || p.gid || ''''
                  else 'pid ' || l.pid || coalesce(' (' || nullif(concat_ws(', ',
                         nullif(a.application_name, ''), a.state), '') || ')', '') end as session,
             case when l.pid is null then 'PREPARED_TRANSACTION'
                  when a.backend_type = 'autovacuum worker'
                       and a.query like '%to prevent wraparound%' then 'WRAPAROUND_VACUUM'
                  when a.backend_type = 'autovacuum worker' then 'AUTOVACUUM'
                  else 'SESSION' end as kind,
             coalesce(extract(epoch from clock_timestamp()
                              - coalesce(a.xact_start, p.prepared)), 0)::float8 as age,
             coalesce(left(regexp_replace(a.query, '\\s+', ' ', 'g'), ?), '') as query
      from pg_catalog.pg_locks l
      left join pg_catalog.pg_stat_activity a on a.pid = l.pid
      left join pg_catalog.pg_locks x
        on l.pid is null and x.pid is null and x.locktype = 'transactionid'
        and x.virtualtransaction = l.virtualtransaction
      left join pg_catalog.pg_prepared_xacts p on p.transaction = x.transactionid
      where l.locktype = 'relation'
        and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
        and l.relation = any (cast(? as oid[]))
        and l.mode = any (cast(? as text[]))
        and l.granted
        and l.pid is distinct from pg_backend_pid()
      order by l.pid, p.gid, age desc
      """;

  private LockLook() {}

  static List<Holder> holders(Connection connection, List<Long> relations, LockMode mode) {
    return Jooq.on(connection)
        .fetch(
            HOLDERS,
            QUERY_SHOWN,
            relations.toArray(new Long[0]),
            mode.conflictingCatalogNames().toArray(new String[0]))
        .map(
            r ->
                new Holder(
                    r.get("session", String.class),
                    Holder.Kind.valueOf(r.get("kind", String.class)),
                    Duration.ofMillis((long) (r.get("age", Double.class) * 1000)),
                    r.get("query", String.class)));
  }
}
