package dev.backfill.throttle;

/**
 * What signals ask the server's own views: one row of value, detail and caveat each. Sessions of
 * ours are known by the comment at the head of a batch's statements.
 */
final class CatalogQueries {
  private CatalogQueries() {}

  /** Of a role without pg_monitor: sessions of other roles show neither state nor snapshot. */
  private static final String HIDDEN =
      """
      select case when count(*) > 0
                  then count(*) || ' sessions of other roles are hidden from this one: GRANT pg_monitor TO '
                       || quote_ident(current_user) end
      from pg_catalog.pg_stat_activity
      where query = '<insufficient privilege>' and usename is not null and datname is not null
      """;

  // Ungranted locks first: there are few, and most often none.
  static final String LOCK_WAITS =
      """
      select count(*)::float8, null, null
      from (select distinct pid from pg_catalog.pg_locks where not granted) as waiting
      where exists (
          select from pg_catalog.pg_locks as held
          where held.pid = waiting.pid
            and held.relation = any (cast(? as oid[]))
            and held.database = (
              select oid from pg_catalog.pg_database where datname = current_database()))
        and not exists (
          select from pg_catalog.pg_stat_activity as ours
          where ours.pid = waiting.pid and ours.query like '/* backfill %')
      """;

  // Who waits for a row waits for its transaction, whose lock names no database.
  static final String LOCK_WAITS_IN_DATABASE =
      """
      select count(*)::float8, null, null
      from (select distinct pid from pg_catalog.pg_locks where not granted) as waiting
      join pg_catalog.pg_stat_activity as session using (pid)
      where session.datname = current_database()
        and coalesce(session.query, '') not like '/* backfill %'
      """;

  // An unreserved slot counts as over the limit however little it retains: it is about to be lost.
  // A lost one retains nothing.
  static final String SLOT_RETAINED_WAL =
      """
      with slots as (
        select format('slot %I (%s%s)', slot_name,
                      case when active then 'active' else 'inactive' end,
                      case when wal_status = 'unreserved'
                           then ', unreserved: the next checkpoint removes WAL that it needs' end)
                 as slot,
               greatest(
                 pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8,
                 case when wal_status = 'unreserved' then cast(? as float8) else 0 end) as bytes
        from pg_catalog.pg_replication_slots
        where restart_lsn is not null and wal_status is distinct from 'lost')
      select coalesce(max(bytes), 0),
             (select slot from slots order by bytes desc limit 1),
             (select 'not counted, since they are lost already: ' || string_agg(slot_name, ', ')
              from pg_catalog.pg_replication_slots where wal_status = 'lost')
      from slots
      """;

  /** Files to archive by the archiver's statistics, NULL where they do not tell. */
  static final String ARCHIVER_BACKLOG =
      """
      with server as (
        select segment, div(pg_current_wal_lsn() - '0/0'::pg_lsn, segment) as current
        from (select pg_size_bytes(current_setting('wal_segment_size')) as segment) as size),
      archiver as (
        select last_failed_wal as failed,
               case when last_failed_time > last_archived_time
                      or last_archived_time is null and last_failed_time is not null
                    then last_failed_wal else last_archived_wal end as wal,
               last_failed_time > last_archived_time
                 or last_archived_time is null and last_failed_time is not null as failing
        from pg_catalog.pg_stat_archiver),
      next as (
        select current, failing, wal,
               ('x' || substr(wal, 9, 8))::bit(32)::bigint * (4294967296 / segment)
                 + ('x' || substr(wal, 17, 8))::bit(32)::bigint
                 + case when failing then 0 else 1 end as number
        from server, archiver
        where wal ~ '^[0-9A-F]{24}$')
      select (select greatest(0, current - number)::float8 from next),
             (select case when failing then 'archiving of ' || wal || ' fails'
                          else 'the last that was archived is one before the first that waits, ' || wal
                     end from next),
             case when current_setting('archive_mode') = 'off'
                  then 'archive_mode is off, so nothing is archived' end,
             current_setting('archive_mode') <> 'off',
             has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'execute'),
             quote_ident(current_user)
      """;

  static final String FILES_TO_ARCHIVE =
      "select count(*)::float8 from pg_ls_archive_statusdir() where name like '%.ready'";

  // What holds back pruning in this database: snapshots and running transactions of its sessions,
  // walsenders with feedback, and slots. A slot's xmin has no time, only an age in transactions.
  static final String OLDEST_SNAPSHOT =
      """
      with holders as (
        select greatest(age(backend_xmin), age(backend_xid)) as xids, xact_start as since,
               'session ' || pid || coalesce(' of ' || nullif(application_name, ''), '') as holder
        from pg_catalog.pg_stat_activity
        where coalesce(backend_xmin, backend_xid) is not null and pid <> pg_backend_pid()
          and (datname = current_database() or backend_type = 'walsender')
          and backend_type not like 'autovacuum%'
          and coalesce(query, '') not like '/* backfill %'
        union all
        select age(transaction), prepared, 'prepared transaction ' || quote_literal(gid)
        from pg_catalog.pg_prepared_xacts
        where database = current_database()
        union all
        select age(xmin), null, 'replication slot ' || quote_ident(slot_name)
        from pg_catalog.pg_replication_slots
        where xmin is not null),
      oldest as (
        select * from holders where since is not null order by since limit 1),
      older as (
        select * from holders
        where since is null and xids > coalesce((select xids from oldest), 0)
        order by xids desc limit 1)
      select coalesce(
               (select greatest(0, extract(epoch from clock_timestamp() - since)) from oldest), 0)
               ::float8,
             concat_ws('; ', (select holder from oldest),
               (select holder || ' holds an older one, whose time is not known' from older)),
             ("""
          + HIDDEN
          + ")";

  static final String ACTIVE_SESSIONS =
      """
      select count(*)::float8, null, ("""
          + HIDDEN
          + """
      )
      from pg_catalog.pg_stat_activity
      where state = 'active' and backend_type = 'client backend' and pid <> pg_backend_pid()
        and query not like '/* backfill %'
      """;

  static final String DEAD_TUPLES =
      """
      select coalesce(sum(n_dead_tup), 0)::float8, null, null
      from pg_catalog.pg_stat_all_tables where relid = any (cast(? as oid[]))
      """;

  static final String DEAD_TUPLE_SHARE =
      """
      select coalesce(sum(n_dead_tup) / nullif(sum(n_live_tup + n_dead_tup), 0), 0)::float8,
             null, null
      from pg_catalog.pg_stat_all_tables where relid = any (cast(? as oid[]))
      """;

  static final String WAL_POSITION = "select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint";
}
