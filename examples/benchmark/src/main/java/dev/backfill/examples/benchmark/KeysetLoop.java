package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/** The usual careful script: some rows in key order, a commit after each batch. */
record KeysetLoop(int batchRows) implements Contender {
  private static final String PROCEDURE =
      """
      CREATE OR REPLACE PROCEDURE keyset_loop(batch_rows int) LANGUAGE plpgsql AS $$
      DECLARE
        %1$s
      BEGIN
        LOOP
          SELECT %2$s INTO %4$s
          FROM (
            SELECT %2$s FROM %5$s WHERE (%2$s) > (%3$s)%6$s ORDER BY %2$s LIMIT batch_rows) AS batch
          ORDER BY %7$s LIMIT 1;
          EXIT WHEN NOT FOUND;
          %8$s AND (%2$s) > (%3$s) AND (%2$s) <= (%4$s);
          COMMIT;
          %9$s
        END LOOP;
      END $$
      """;

  @Override
  public String name() {
    return "keyset-" + batchRows;
  }

  @Override
  public void fill(DataSource dataSource, BenchTable table) throws SQLException {
    Sql.execute(dataSource, procedure(table), "CALL keyset_loop(" + batchRows + ")");
  }

  private static String procedure(BenchTable table) {
    List<KeyColumn> key = table.rows().key();
    return PROCEDURE.formatted(
        joined(key, "%1$s_lo %2$s := %3$s; %1$s_hi %2$s;", " "),
        joined(key, "%1$s", ", "),
        joined(key, "%1$s_lo", ", "),
        joined(key, "%1$s_hi", ", "),
        table.table(),
        table.andWhere(),
        joined(key, "%1$s DESC", ", "),
        table.update(),
        joined(key, "%1$s_lo := %1$s_hi;", " "));
  }

  private static String joined(List<KeyColumn> key, String form, String separator) {
    return key.stream()
        .map(column -> form.formatted(column.name(), column.type(), column.lowest()))
        .collect(Collectors.joining(separator));
  }
}
