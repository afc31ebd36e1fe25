package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.RunMismatchException;
import dev.backfill.model.RunState;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@PostgresTest
class DefinitionChangesIT {
  private static final int ROWS = 10_000;

  TestDatabase database;

  @BeforeEach
  void halfFilled() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
    database.execute("create unique index orders_other on orders (id, customer_id)");
    BackfillResult stopped =
        column()
            .type("text")
            .value("note")
            .batchSize(BatchSize.fixed(100))
            .listener(
                event -> {
                  if (event instanceof BackfillEvent.BatchCommitted) {
                    Backfills.on(database.dataSource()).stop("public.orders.filled");
                  }
                })
            .maxRowsPerSecond(1_000)
            .on(database.dataSource())
            .run();
    assertThat(stopped.state()).isEqualTo(RunState.STOPPED);
  }

  private static ColumnStages.Typed column() {
    return Backfill.column("orders", "filled");
  }

  static Arguments changed(String part, BackfillBuilder definition) {
    return Arguments.of(part, definition);
  }

  static List<Arguments> changes() {
    return List.of(
        changed(
            "value: \"expression note\" then, \"expression upper(note)\" now",
            column().type("text").value("upper(note)")),
        changed(
            "value: \"expression note\" then, \"constant note\" now",
            column().type("text").constant("note")),
        changed(
            "where: none then, \"id > 7\" now",
            column().type("text").value("note").where("id > 7")),
        changed(
            "key: \"id\" then, \"id, customer_id\" now",
            column().type("text").value("note").key("id", "customer_id")));
  }

  @ParameterizedTest(name = "C8: {0}")
  @MethodSource("changes")
  void aChangedPartIsNamed(String difference, BackfillBuilder definition) {
    String before = image();

    assertThatThrownBy(() -> definition.on(database.dataSource()).run())
        .isInstanceOf(RunMismatchException.class)
        .hasMessageContaining("public.orders.filled")
        .hasMessageContaining(difference)
        .hasMessageContaining("nothing was changed");
    assertThat(image()).isEqualTo(before);
  }

  @Test
  @DisplayName("C8: a changed type is refused, with both types")
  void aChangedType() {
    String before = image();

    assertThatThrownBy(
            () -> column().type("varchar(500)").value("note").on(database.dataSource()).run())
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("text")
        .hasMessageContaining("character varying(500)");
    assertThat(image()).isEqualTo(before);
  }

  @Test
  @DisplayName("C8: another primary key, by which no checkpoint could be read, is refused")
  void anotherPrimaryKey() {
    database.execute(
        "alter table orders drop constraint orders_pkey, add primary key (customer_id, id)");
    String before = image();

    assertThatThrownBy(() -> same().on(database.dataSource()).run())
        .isInstanceOf(RunMismatchException.class)
        .hasMessageContaining("key: \"id\" then, \"customer_id, id\" now");
    assertThat(image()).isEqualTo(before);
  }

  @Test
  @DisplayName("C8: a table that was dropped and created again is refused")
  void aReplacedTable() {
    database.execute("drop table orders");
    database.ordersTable(100);
    String before = image();

    assertThatThrownBy(() -> same().on(database.dataSource()).run())
        .isInstanceOf(RunMismatchException.class)
        .hasMessageContaining("dropped and created again")
        .hasMessageContaining("nothing was changed");
    assertThat(image()).isEqualTo(before);
    assertThat(
            database.queryLong(
                "select count(*) from pg_attribute where attrelid = 'orders'::regclass"
                    + " and attname = 'filled'"))
        .isZero();
  }

  @Test
  void anotherRunOfTheSameColumnIsRefused() {
    String before = image();

    assertThatThrownBy(() -> same().name("mine").on(database.dataSource()).run())
        .isInstanceOf(RunMismatchException.class)
        .hasMessageContaining("public.orders.filled")
        .hasMessageContaining("mine");
    assertThat(image()).isEqualTo(before);
  }

  @Test
  void howItIsRunMayChange() {
    BackfillResult result =
        same().workers(2).batchSize(BatchSize.fixed(77)).key("id").on(database.dataSource()).run();

    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(database.queryLong("select count(*) from orders where filled is distinct from note"))
        .isZero();
    // And once it is complete, in whichever way it is asked for.
    assertThat(same().on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
    assertThat(same().key("id").on(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
  }

  private static BackfillBuilder same() {
    return column().type("text").value("note");
  }

  /** The run, its windows and the schema: whatever a start could change before it is refused. */
  private String image() {
    return database.queryString(
        """
        select (select jsonb_agg(to_jsonb(r)) from backfill.run r)::text
               || (select jsonb_agg(to_jsonb(w) order by number) from backfill.run_window w)
               || (select jsonb_agg(attname order by attnum) from pg_attribute
                   where attrelid = 'orders'::regclass)
               || (select coalesce(jsonb_agg(pg_get_triggerdef(oid)), '[]') from pg_trigger
                   where tgrelid = 'orders'::regclass)
        """);
  }
}
