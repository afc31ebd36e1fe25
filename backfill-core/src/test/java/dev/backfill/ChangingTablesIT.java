package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.RunMismatchException;
import dev.backfill.model.RunState;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Tables that others drop, rename and replace while they are being filled. */
@PostgresTest
class ChangingTablesIT {
  TestDatabase database;

  @BeforeEach
  void clean() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop table if exists orders, orders_old, parts cascade");
  }

  private static BackfillListener afterTheFirstBatch(Runnable action) {
    AtomicBoolean done = new AtomicBoolean();
    return event -> {
      if (event instanceof BackfillEvent.BatchCommitted && !done.getAndSet(true)) {
        action.run();
      }
    };
  }

  @Test
  @DisplayName("a table that takes the name in mid-run is not touched")
  void replaced() {
    database.ordersTable(3_000);
    BoundBackfill backfill =
        Backfill.column("orders", "filled")
            .type("text")
            .value("'x'")
            .newRows(NewRows.application())
            .batchSize(BatchSize.fixed(100))
            .listener(
                afterTheFirstBatch(
                    () ->
                        database.execute(
                            "begin",
                            "alter table orders rename to orders_old",
                            "create table orders (like orders_old including all)",
                            "insert into orders overriding system value select * from orders_old",
                            "update orders set filled = null",
                            "commit")))
            .on(database.dataSource());

    assertThatThrownBy(backfill::run)
        .isInstanceOf(RunMismatchException.class)
        .hasMessageContaining("replaced or renamed");
    assertThat(database.queryLong("select count(*) from orders where filled is not null")).isZero();
    assertThat(database.queryLong("select count(*) from orders_old where filled is not null"))
        .isPositive();
  }

  @Test
  @DisplayName("D5: a partition that is dropped while its window is at work is left out")
  void partitionDropped() {
    database.execute(
        "create table parts (id bigint primary key, a int) partition by range (id)",
        "create table parts_1 partition of parts for values from (0) to (2000)",
        "create table parts_2 partition of parts for values from (2000) to (4000)",
        "insert into parts select g, g from generate_series(1, 3999) g");

    BackfillResult result =
        Backfill.column("parts", "filled")
            .type("int")
            .value("a")
            .newRows(NewRows.application())
            .batchSize(BatchSize.fixed(50))
            .listener(afterTheFirstBatch(() -> database.execute("drop table parts_1")))
            .on(database.dataSource())
            .run();

    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(database.queryLong("select count(*) from parts where filled = a")).isEqualTo(2_000);
  }

  @Test
  @DisplayName("what ended without NOT NULL gets it when a later definition asks for it")
  void contractLater() {
    database.ordersTable(1_000);

    assertThat(filled(Contract.none()).notNull()).isFalse();
    assertThat(filled(Contract.setNotNull()).notNull()).isTrue();
    assertThat(filled(Contract.setNotNull()).state()).isEqualTo(RunState.DONE);
  }

  private BackfillResult filled(Contract contract) {
    return Backfill.column("orders", "filled")
        .type("text")
        .value("'x'")
        .contract(contract)
        .on(database.dataSource())
        .run();
  }

  @Test
  @DisplayName("a key of a type without a hash is striped as well")
  void keyWithoutHash() {
    database.execute(
        "create table parts (id varbit primary key, a int)",
        "insert into parts select g::bit(16)::varbit, g from generate_series(1, 3000) g",
        "analyze parts");

    BackfillResult result =
        Backfill.column("parts", "filled")
            .type("int")
            .value("a")
            .newRows(NewRows.application())
            .on(database.dataSource())
            .run();

    assertThat(result.rows()).isEqualTo(3_000);
    assertThat(database.queryLong("select max(stripes) from backfill.run_window")).isEqualTo(8);
  }
}
