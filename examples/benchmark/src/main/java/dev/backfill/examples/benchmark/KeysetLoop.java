package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import javax.sql.DataSource;

/** The usual careful script: 1,000 rows in key order, a commit after each. */
final class KeysetLoop implements Contender {
  private static final String PROCEDURE =
      """
      CREATE OR REPLACE PROCEDURE keyset_loop(batch_rows int) LANGUAGE plpgsql AS $$
      DECLARE
        lo bigint := 0;
        hi bigint;
      BEGIN
        LOOP
          SELECT max(id) INTO hi
          FROM (SELECT id FROM orders WHERE id > lo ORDER BY id LIMIT batch_rows) AS batch;
          EXIT WHEN hi IS NULL;
          UPDATE orders SET status_code = %s
          WHERE id > lo AND id <= hi AND status_code IS NULL;
          COMMIT;
          lo := hi;
        END LOOP;
      END $$
      """
          .formatted(BenchTable.VALUE);

  @Override
  public String name() {
    return "keyset-loop";
  }

  @Override
  public void fill(DataSource dataSource, BenchTable table) throws SQLException {
    Sql.execute(dataSource, PROCEDURE, "CALL keyset_loop(1000)");
  }
}
