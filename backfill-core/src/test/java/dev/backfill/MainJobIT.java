package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.model.BackfillResult;
import dev.backfill.model.Phase;
import dev.backfill.model.RunState;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import org.junit.jupiter.api.Test;

@PostgresTest
class MainJobIT {
  TestDatabase database;

  @Test
  void fillsEveryRowAndSetsNotNull() {
    database.ordersTable(120_000);

    BackfillResult result =
        Backfill.column("orders", "status_code")
            .type("varchar(32)")
            .value("case when shipped_at is null then 'pending' else 'shipped' end")
            .on(database.dataSource())
            .run();

    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(result.phase()).isEqualTo(Phase.DONE);
    assertThat(result.rows()).isEqualTo(120_000);
    assertThat(result.notNull()).isTrue();
    assertThat(
            database.queryLong(
                "select count(*) from orders where status_code is distinct from"
                    + " case when shipped_at is null then 'pending' else 'shipped' end"))
        .isZero();
    System.out.println(result);
  }
}
