package dev.backfill.internal.postgres;

import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * Looks, again and again, who holds locks on some tables that conflict with a mode, without waiting
 * for anything.
 *
 * <p>To a role without pg_read_all_stats the sessions of other roles have no age and no query. So
 * who was not there at the last look is no older than that; who was there at the first look may be
 * of any age.
 */
final class LockLook {
  private static final int QUERY_SHOWN = 100;

  // pg_locks shows fast-path locks too, to every role. The locks of a prepared transaction have no
  // pid there; the one on its own xid, which has the same virtual transaction, leads to its gid.
  // What pg_stat_activity hides, it shows as NULL, but never the user: an autovacuum worker has
  // none. Who is in neither view any more has ended since pg_locks was read.
  private static final String HOLDERS =
      """
      select distinct on (l.virtualtransaction) l.virtualtransaction as id,
             case when l.pid is null then 'prepared transaction ''' || p.gid || ''''
                  else 'pid ' || l.pid || coalesce(' (' || nullif(concat_ws(', ',
                         nullif(a.application_name, ''), a.state), '') || ')', '') end as session,
             case when l.pid is null then 'PREPARED_TRANSACTION'
                  when coalesce(a.backend_type = 'autovacuum worker', a.usesysid is null)
                       then case when a.query like '%to prevent wraparound%'
                                 then 'WRAPAROUND_VACUUM' else 'AUTOVACUUM' end
                  else 'SESSION' end as kind,
             case when l.pid is null or a.backend_type is not null
                  then coalesce(extract(epoch from clock_timestamp()
                                        - coalesce(a.xact_start, p.prepared)), 0)::float8
                  end as age,
             case when a.backend_type is not null
                  then left(regexp_replace(a.query, '\\s+', ' ', 'g'), ?) end as query
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
        and (a.pid is not null or p.gid is not null)
      order by l.virtualtransaction
      """;

  private final Connection connection;
  private final Long[] relations;
  private final String[] modes;
  private final Ticker ticker;
  // When those whose age is hidden were not there yet; no value when they always were.
  private Map<String, Optional<Long>> absentAt = new HashMap<>();
  private Optional<Long> lastLook = Optional.empty();

  LockLook(Connection connection, List<Long> relations, LockMode wanted, Ticker ticker) {
    this.connection = connection;
    this.relations = relations.toArray(new Long[0]);
    this.modes = wanted.conflictingCatalogNames().toArray(new String[0]);
    this.ticker = ticker;
  }

  List<Holder> holders() throws SQLException {
    long now = ticker.nanos();
    // In a transaction of its own: within one, pg_stat_activity stays as it was first read.
    List<? extends Record> rows =
        Tx.required(connection, tx -> Jooq.on(tx).fetch(HOLDERS, QUERY_SHOWN, relations, modes));
    Map<String, Optional<Long>> known = absentAt;
    absentAt = new HashMap<>();
    for (Record row : rows) {
      String id = row.get("id", String.class);
      absentAt.put(id, known.getOrDefault(id, lastLook));
    }
    lastLook = Optional.of(now);
    return rows.stream().map(row -> holder(row, now)).toList();
  }

  private Holder holder(Record row, long now) {
    String id = row.get("id", String.class);
    @Nullable Double seconds = row.get("age", Double.class);
    @Nullable String query = row.get("query", String.class);
    Optional<Duration> age =
        seconds == null
            ? absentAt.getOrDefault(id, Optional.empty()).map(at -> Duration.ofNanos(now - at))
            : Optional.of(Duration.ofMillis((long) (seconds * 1000)));
    return new Holder(
        id,
        row.get("session", String.class),
        Holder.Kind.valueOf(row.get("kind", String.class)),
        age,
        query == null ? "" : query);
  }
}
