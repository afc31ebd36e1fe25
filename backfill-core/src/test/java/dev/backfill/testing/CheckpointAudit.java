package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/**
 * A trigger on the checkpoint that records each move of it, with the transaction that made it. The
 * state schema must exist.
 */
public final class CheckpointAudit {
  private final TestDatabase database;

  private CheckpointAudit(TestDatabase database) {
    this.database = database;
  }

  public static CheckpointAudit install(TestDatabase database) {
    database.execute(
        "create schema if not exists fixture",
        """
        create table fixture.moves (
          id bigint generated always as identity, run text, "window" bigint,
          stripe_before int, stripe int, cursor_before text[], cursor text[], rows bigint, xid xid)
        """,
        """
        create or replace function fixture.record_move() returns trigger language plpgsql as $$
        begin
          insert into fixture.moves (run, "window", stripe_before, stripe, cursor_before, cursor, rows, xid)
          values (new.run, new.number, old.stripe, new.stripe, old.cursor, new.cursor,
                  new.rows - old.rows, pg_current_xact_id()::xid);
          return null;
        end $$
        """,
        // Not a takeover, which writes its epoch and nothing else.
        """
        create trigger fixture_audit after update on backfill.run_window for each row
        when ((old.stripe, old.cursor, old.rows) is distinct from (new.stripe, new.cursor, new.rows))
        execute function fixture.record_move()
        """);
    return new CheckpointAudit(database);
  }

  public long moves() {
    return database.queryLong("select count(*) from fixture.moves");
  }

  /**
   * No position was behind the one before it in the same pass of its window, and no pass came
   * twice.
   *
   * @param key a position as a row value, {@code row(%1$s[1]::int, %1$s[2])}
   */
  public void assertOnlyForward(String key) {
    String back = key.formatted("cursor") + " <= " + key.formatted("cursor_before");
    assertThat(
            database.queryStrings(
                "select id || ': window ' || \"window\" || ', pass ' || stripe_before || ' at ' ||"
                    + " cursor_before::text || ', then pass ' || stripe || ' at ' || cursor::text"
                    + " from fixture.moves where stripe < stripe_before or stripe = stripe_before"
                    + " and cursor is not null and cursor_before is not null and "
                    + back))
        .as("moves that went back")
        .isEqualTo(List.of());
  }

  /**
   * Each transaction that moved the checkpoint wrote as many rows of the table as it counted. Rows
   * must have been written by nobody else since, and by the run once.
   *
   * @param table as written in SQL
   */
  public void assertCountsTheRowsOf(String table) {
    assertThat(
            database.queryStrings(
                """
                select 'transaction ' || xid || ' counted ' || coalesce(counted, 0) || ' rows and wrote '
                       || coalesce(written, 0)
                from (select xid::text, sum(rows) as counted from fixture.moves group by xid) m
                full join (select xmin::text as xid, count(*) as written from %s group by 1) t
                  using (xid)
                where coalesce(counted, 0) <> coalesce(written, 0)
                """
                    .formatted(table)))
        .as("transactions in which rows and checkpoint disagree")
        .isEqualTo(List.of());
  }
}
