package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/**
 * A trigger that records which updates the library made: those that change nothing but the target
 * column, or nothing at all. Test traffic stamps every row it writes, so its own updates never look
 * like that. Rolled-back updates leave nothing; a crash of the server loses nothing, as the records
 * are logged and committed with the update.
 */
public final class UpdateAudit {
  private final TestDatabase database;
  private final String table;

  private UpdateAudit(TestDatabase database, String table) {
    this.database = database;
    this.table = table;
  }

  /**
   * Installs it on a table with a primary key or another unique index. The column may come later.
   *
   * @param table as written in SQL
   * @param column the target column, unquoted
   * @param ignored columns that a trigger of the user changes with every update, unquoted
   */
  public static UpdateAudit install(
      TestDatabase database, String table, String column, String... ignored) {
    database.execute(
        "create schema if not exists fixture",
        """
        create table if not exists fixture.updates (
          target regclass, key text, before text, after text, application text, xid xid8)
        """,
        // Not the columns themselves: the function is older than the target column.
        """
        create or replace function fixture.record_update() returns trigger
        language plpgsql security definer as $$
        declare
          before jsonb := to_jsonb(old);
          after jsonb := to_jsonb(new);
        begin
          if before - tg_argv[2]::text[] = after - tg_argv[2]::text[] then
            insert into fixture.updates
            values (tg_argv[3]::oid,
                    (select string_agg(after ->> k, ' | ') from unnest(tg_argv[1]::text[]) k),
                    before ->> tg_argv[0], after ->> tg_argv[0],
                    current_setting('application_name'), pg_current_xact_id());
          end if;
          return null;
        end $$
        """,
        "grant usage on schema fixture to public");
    String create =
        database.queryString(
            """
            select format('create trigger fixture_audit after update on %s for each row'
                          ' execute function fixture.record_update(%L, %L, %L, %L)',
                          i.indrelid::regclass, ?,
                          (select array_agg(a.attname order by a.attnum) from pg_attribute a
                           where a.attrelid = i.indrelid
                             and a.attnum = any (i.indkey[0 : i.indnkeyatts - 1])),
                          ?::text[] || ?::text, i.indrelid::oid)
            from pg_index i
            where i.indrelid = ?::regclass and i.indisunique
            order by i.indisprimary desc, i.indexrelid
            limit 1
            """,
            column, "{" + String.join(",", ignored) + "}", column, table);
    database.execute(
        create,
        // Also where triggers are off: session_replication_role = replica.
        "alter table " + table + " enable always trigger fixture_audit");
    return new UpdateAudit(database, table);
  }

  /** How many updates were recorded. */
  public long updates() {
    return database.queryLong(
        "select count(*) from fixture.updates where target = ?::regclass", table);
  }

  /** No row was updated twice, and none that had a value already. */
  public void assertNoRowTwice() {
    assertThat(
            database.queryStrings(
                """
                select 'key ' || key || ': ' || count(*) || ' updates, '
                       || string_agg(coalesce(before, 'NULL') || ' to ' || coalesce(after, 'NULL')
                                     || ' by ' || application || ' in ' || xid, ', ' order by xid)
                from fixture.updates where target = ?::regclass
                group by key
                having count(*) > 1 or bool_or(before is not null) or bool_or(after is null)
                limit 20
                """,
                table))
        .as("rows that the backfill updated more than once, or needlessly")
        .isEqualTo(List.of());
  }

  /**
   * Exactly so many rows were updated, each of them once.
   *
   * @param rows how many had no value before; with traffic beside, use {@link #assertNoRowTwice()}
   */
  public void assertEachRowOnce(long rows) {
    assertNoRowTwice();
    assertThat(updates()).as("rows that the backfill updated").isEqualTo(rows);
  }
}
