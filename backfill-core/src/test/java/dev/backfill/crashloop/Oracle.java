package dev.backfill.crashloop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.Traffic;
import dev.backfill.testing.UpdateAudit;
import java.util.List;

/** What must hold once a run has ended, whatever happened to it. */
final class Oracle {
  /** Windows of a leaf follow each other without a gap, the first from its start. */
  private static final String TORN_WINDOWS =
      """
      select number || ' of ' || leaf_name || ' begins at ' || coalesce(lo::text, 'the start')
      from (select *, lag(hi) over (partition by leaf order by number) as before
            from backfill.run_window) w
      where not done or lo is distinct from before or hi is null
      """;

  private static final String STATE =
      "select phase || ' ' || state || ' ' || coalesce(owner, 'free') || ' '"
          + " || coalesce(lease_until::text, 'no lease') || ' ' || coalesce(last_error, 'no error')"
          + " from backfill.run";

  /**
   * The column on the table and its leaves; from PostgreSQL 18 on NOT NULL may be not yet valid.
   */
  private static final String NULLABLE =
      """
      select a.attrelid::regclass::text from pg_attribute a
      where a.attname = 'status_code'
        and a.attrelid in (select 'orders'::regclass union all
                           select inhrelid from pg_inherits where inhparent = 'orders'::regclass)
        and (not a.attnotnull or exists (select from pg_constraint c where c.conrelid = a.attrelid
               and (not c.convalidated or c.contype = 'c' and a.attnum = any (c.conkey))))
      """;

  /** Rows that the application never wrote, and how often the library did. */
  private static final String NOT_ONCE =
      """
      select %s || ': ' || coalesce(n, 0)
      from orders left join (select key, count(*) as n from fixture.updates group by key) u
        on u.key = %1$s
      where touched = 0 and n is distinct from 1 limit 20
      """;

  private final TestDatabase database;
  private final RoundPlan plan;

  Oracle(TestDatabase database, RoundPlan plan) {
    this.database = database;
    this.plan = plan;
  }

  void verify(Traffic traffic, UpdateAudit audit) {
    traffic.verify(plan.value().sql());
    audit.assertNoRowTwice();
    assertNone(
        "rows that were not updated exactly once", NOT_ONCE.formatted(plan.shape().keySql()));
    assertNone("tables whose column is nullable, or has an unfinished constraint", NULLABLE);
    assertThat(database.queryStrings(STATE))
        .as("the run's row")
        .containsExactly("DONE DONE free no lease no error");
    assertNone("windows that are not done, overlap or leave a gap", TORN_WINDOWS);
    assertNone(
        "windows of an epoch that was never given",
        "select number::text from backfill.run_window w join backfill.run r on r.name = w.run"
            + " where w.epoch > r.epoch or w.epoch < 1");
    assertThat(
            database.queryLong(
                "select (select sum(rows) from backfill.run_window) + (select swept_rows from"
                    + " backfill.run)"))
        .as("rows by the state tables, and by the audit")
        .isEqualTo(audit.updates());
  }

  private void assertNone(String what, String sql) {
    assertThat(database.queryStrings(sql)).as(what).isEqualTo(List.of());
  }
}
