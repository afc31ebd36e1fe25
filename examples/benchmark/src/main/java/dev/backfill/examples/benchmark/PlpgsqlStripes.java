package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * What the library does, written as a script inside the server, with nothing that watches, pauses
 * or recovers: windows of 200,000 rows, each passed eight times; a pass fills one stripe, in
 * batches of some 2,500 rows that refuse NULL and commit together with their checkpoint, unless
 * another owner has it; rows that were missed are searched for at the end.
 */
final class PlpgsqlStripes implements Contender {
  private static final String CHECKPOINT =
      """
      CREATE TABLE stripes_checkpoint AS
      SELECT 1 AS epoch, 0::bigint AS window_lo, 0 AS stripe, 0::bigint AS cursor, 0::bigint AS rows
      """;

  private static final String REFUSE_NULL =
      """
      CREATE OR REPLACE FUNCTION stripes_refuse_null(row_at tid) RETURNS text
      LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the value of row % is NULL', row_at;
      END $$
      """;

  private static final String REFUSING_VALUE =
      "coalesce(cast(%s as %s), stripes_refuse_null(%s.ctid))";

  private static final String PROCEDURE =
      """
      CREATE OR REPLACE PROCEDURE stripes(window_rows int, cut_rows int, stripes int)
      LANGUAGE plpgsql AS $$
      DECLARE
        passed bigint := 0;
        cuts bigint[];
        lo bigint;
        hi bigint;
        filled bigint;
      BEGIN
        LOOP
          -- Once for all passes: the first of them clears the visibility map, and from then on the
          -- index-only scan would fetch every row.
          PERFORM set_config('enable_indexscan', 'on', false),
                  set_config('enable_bitmapscan', 'off', false);
          WITH RECURSIVE cut (%4$s, nth) AS (
            (SELECT %4$s, 1 FROM %5$s WHERE %4$s > passed ORDER BY %4$s OFFSET cut_rows - 1 LIMIT 1)
            UNION ALL
            SELECT following.%4$s, nth + 1 FROM cut CROSS JOIN LATERAL (
              SELECT %4$s FROM %5$s WHERE %5$s.%4$s > cut.%4$s
              ORDER BY %4$s OFFSET cut_rows - 1 LIMIT 1) AS following
            WHERE nth < window_rows / cut_rows)
          SELECT array_agg(%4$s ORDER BY %4$s) INTO cuts FROM cut;
          IF cuts IS NULL THEN
            SELECT array_agg(%4$s) INTO cuts
            FROM (SELECT max(%4$s) AS %4$s FROM %5$s WHERE %4$s > passed) AS rest
            WHERE %4$s IS NOT NULL;
          END IF;
          EXIT WHEN cuts IS NULL;
          PERFORM set_config('enable_indexscan', %7$s, false),
                  set_config('enable_bitmapscan', 'on', false);
          FOR stripe_no IN 0 .. stripes - 1 LOOP
            lo := passed;
            FOREACH hi IN ARRAY cuts LOOP
              IF stripe_no = 0 THEN
                UPDATE %5$s SET status_code = %1$s%2$s
                WHERE %8$s AND %6$s;
              ELSE
                UPDATE %5$s SET status_code = %1$s%3$s
                WHERE %8$s AND %6$s;
              END IF;
              GET DIAGNOSTICS filled = ROW_COUNT;
              UPDATE stripes_checkpoint
              SET window_lo = passed, stripe = stripe_no, cursor = hi, rows = rows + filled
              WHERE epoch = 1;
              IF NOT FOUND THEN
                RAISE EXCEPTION 'another owner has the run';
              END IF;
              COMMIT;
              lo := hi;
            END LOOP;
          END LOOP;
          passed := hi;
        END LOOP;
        -- Rows that moved behind the cursor.
        UPDATE %5$s SET status_code = %1$s WHERE %6$s;
      END $$
      """;

  /** From PostgreSQL 17 on: fetches the rows of the stripe alone. */
  private static final String LISTED =
      """
      %1$s = ANY(ARRAY(SELECT cast(n AS %2$s)
        FROM generate_series(lo + 1 + ((stripe_no - lo - 1) & (stripes - 1)), hi, stripes) AS n))\
      """;

  private static final String RANGE =
      "%1$s > lo AND %1$s <= hi AND %1$s & (stripes - 1) = stripe_no";

  private final String name;
  private final boolean ranges;

  private PlpgsqlStripes(String name, boolean ranges) {
    this.name = name;
    this.ranges = ranges;
  }

  /** As the library does it on this server. */
  static PlpgsqlStripes asTheLibrary() {
    return new PlpgsqlStripes(Contenders.PLPGSQL_STRIPES, false);
  }

  /** As the library does it before PostgreSQL 17: each pass reads all rows of its range. */
  static PlpgsqlStripes ofRanges() {
    return new PlpgsqlStripes("plpgsql-ranges", true);
  }

  @Override
  public String name() {
    return name;
  }

  /** Stripes are made of the low bits of a number. */
  @Override
  public boolean supports(BenchTable table) {
    List<KeyColumn> key = table.rows().key();
    return key.size() == 1 && !key.get(0).type().equals("uuid");
  }

  @Override
  public void fill(DataSource dataSource, BenchTable table) throws SQLException {
    KeyColumn key = table.rows().key().get(0);
    boolean listed = !ranges && Sql.majorVersion(dataSource) >= 17;
    Sql.execute(
        dataSource,
        "DROP TABLE IF EXISTS stripes_checkpoint",
        CHECKPOINT,
        REFUSE_NULL,
        // Naming an indexed column keeps a full index page from being searched for dead entries.
        PROCEDURE.formatted(
            REFUSING_VALUE.formatted(table.value().sql(), table.value().type(), table.table()),
            assignments(table.indexedColumns()),
            assignments(table.columnsInNoOrder()),
            key.name(),
            table.table(),
            table.due(),
            // A bitmap visits each page of a range once.
            listed ? "'on'" : "'off'",
            (listed ? LISTED : RANGE).formatted(key.name(), key.type())),
        // Values and checkpoint are kept or lost together, so no batch needs to wait for the disk.
        "SET synchronous_commit = off",
        "SET lock_timeout = '500ms'",
        "CALL stripes(200000, 20000, 8)");
  }

  private static String assignments(List<String> columns) {
    return columns.stream().map(c -> ", " + c + " = " + c).collect(Collectors.joining());
  }
}
