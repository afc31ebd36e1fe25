package dev.backfill.internal.postgres;

import java.sql.Connection;

/**
 * What the server counts of one table for its autovacuum.
 *
 * @param vacuums how often it was vacuumed, by whomever
 * @param deadRows dead rows as autovacuum counts them, those that a read will prune included
 * @param threshold above how many autovacuum comes
 * @param automatic whether it comes at all
 * @param atWork whether a vacuum of the table is at work
 * @param hidden whether one is at work whose table the role may not see
 */
public record VacuumStatistics(
    long vacuums,
    long deadRows,
    long threshold,
    boolean automatic,
    boolean atWork,
    boolean hidden) {

  // A setting of the table's own goes before the server's. The upper limit is PostgreSQL 18's.
  private static final String READ =
      """
      select pg_stat_get_vacuum_count(c.oid) + pg_stat_get_autovacuum_count(c.oid) as vacuums,
        pg_stat_get_dead_tuples(c.oid) as dead_rows,
        least(
          coalesce(o.threshold, current_setting('autovacuum_vacuum_threshold')::float8)
            + coalesce(o.scale, current_setting('autovacuum_vacuum_scale_factor')::float8)
              * greatest(c.reltuples, 0),
          coalesce(
            nullif(
              coalesce(
                o.most, current_setting('autovacuum_vacuum_max_threshold', true)::float8),
              -1),
            'infinity')) as threshold,
        current_setting('autovacuum')::boolean and current_setting('track_counts')::boolean
          and coalesce(o.enabled, true) as automatic,
        exists (select from pg_catalog.pg_stat_progress_vacuum p where p.relid = c.oid) as at_work,
        exists (select from pg_catalog.pg_stat_progress_vacuum p
                where p.relid is null and p.datname = current_database()) as hidden
      from pg_catalog.pg_class c
      cross join lateral (
        select max(option_value) filter (where option_name = 'autovacuum_vacuum_threshold')::float8
            as threshold,
          max(option_value) filter (where option_name = 'autovacuum_vacuum_scale_factor')::float8
            as scale,
          max(option_value) filter (where option_name = 'autovacuum_vacuum_max_threshold')::float8
            as most,
          max(option_value) filter (where option_name = 'autovacuum_enabled')::boolean as enabled
        from pg_catalog.pg_options_to_table(c.reloptions)) as o
      where c.oid = cast(? as bigint)::oid
      """;

  /** Of a table that may be gone by now: then nothing was counted, and no vacuum comes. */
  public static VacuumStatistics of(Connection connection, long table) {
    return Jooq.on(connection)
        .fetchOptional(READ, table)
        .map(
            r ->
                new VacuumStatistics(
                    r.get("vacuums", Long.class),
                    r.get("dead_rows", Long.class),
                    (long) r.get("threshold", Double.class).doubleValue(),
                    r.get("automatic", Boolean.class),
                    r.get("at_work", Boolean.class),
                    r.get("hidden", Boolean.class)))
        .orElse(new VacuumStatistics(0, 0, 0, false, false, false));
  }
}
