package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.jooq.JooqBackfill;
import dev.backfill.model.BackfillException;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.Row;
import dev.backfill.model.RunState;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.UpdateAudit;
import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jooq.Record;
import org.jooq.TableField;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;
import org.jooq.impl.TableImpl;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@PostgresTest
class ValuesIT {
  private static final int ROWS = 10_000;

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
  }

  /** A column whose values are computed here, in batches that are tried many times. */
  private static BackfillBuilder computed(
      String type, List<String> inputs, dev.backfill.model.RowFunction function) {
    return Backfill.column("orders", "filled")
        .type(type)
        .value(inputs, function)
        .newRows(NewRows.application())
        .batchSize(BatchSize.fixed(500));
  }

  private static String summary(Row row) {
    Long id = Objects.requireNonNull(row.get("id", Long.class));
    Integer customer = (Integer) Objects.requireNonNull(row.get("customer_id"));
    BigDecimal amount = Objects.requireNonNull(row.get("amount", BigDecimal.class));
    OffsetDateTime shipped = row.get("shipped_at", OffsetDateTime.class);
    String note = (String) Objects.requireNonNull(row.get("note"));
    return "%d|%d|%s|%s|%d"
        .formatted(
            id,
            customer,
            amount.toPlainString(),
            shipped == null
                ? "-"
                : shipped.withOffsetSameInstant(ZoneOffset.UTC).toEpochSecond() + "",
            note.length());
  }

  @Test
  void aJavaFunctionReadsItsInputsAsTheirTypes() {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "filled");
    BackfillResult result =
        computed(
                "text",
                List.of("id", "customer_id", "amount", "shipped_at", "note"),
                ValuesIT::summary)
            .workers(2)
            .on(database.dataSource())
            .run();

    assertThat(result.notNull()).isTrue();
    assertThat(
            database.queryLong(
                "select count(*) from orders where filled is distinct from concat_ws('|', id,"
                    + " customer_id, amount,"
                    + " coalesce(extract(epoch from shipped_at)::bigint::text, '-'),"
                    + " length(note))"))
        .isZero();
    audit.assertEachRowOnce(ROWS);
  }

  @Test
  void aRowThatChangesWhileJavaComputesIsReadAgain() {
    AtomicBoolean changed = new AtomicBoolean();
    BackfillResult result =
        computed(
                "numeric",
                List.of("amount"),
                row -> {
                  if (!changed.getAndSet(true)) {
                    database.execute("update orders set amount = amount + 1000 where id <= 4000");
                  }
                  return Objects.requireNonNull(row.get("amount", BigDecimal.class))
                      .multiply(BigDecimal.TEN);
                })
            .on(database.dataSource())
            .run();

    assertThat(result.notNull()).isTrue();
    assertThat(database.queryLong("select count(*) from orders where filled <> amount * 10"))
        .isZero();
  }

  @Test
  @DisplayName("T2: while Java computes, nothing is held on the table")
  void nothingIsHeldWhileJavaComputes() {
    AtomicLong held = new AtomicLong(-1);
    computed(
            "bigint",
            List.of("id"),
            row -> {
              if (held.get() < 0) {
                held.set(
                    database.queryLong(
                        "select count(*) from pg_locks l join pg_stat_activity a using (pid)"
                            + " where l.relation = 'orders'::regclass"
                            + " and a.application_name = 'app'"));
              }
              return row.get("id", Long.class);
            })
        .on(database.dataSource())
        .run();

    assertThat(held).hasValue(0);
  }

  @Test
  void aColumnThatIsNoInputIsNamed() {
    assertThatThrownBy(
            () ->
                computed("text", List.of("id"), row -> row.get("note"))
                    .on(database.dataSource())
                    .run())
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("note")
        .hasMessageContaining("[id]");
    assertThat(database.queryLong("select count(filled) from orders")).isZero();
  }

  @Test
  void onlyTheRowsOfTheConditionAreFilled() {
    UpdateAudit audit = UpdateAudit.install(database, "orders", "filled");
    BackfillResult result =
        Backfill.column("orders", "filled")
            .type("int")
            .value("customer_id * 2")
            .where("shipped_at is null or note = 'a -- comment' -- another")
            .contract(Contract.none())
            .on(database.dataSource())
            .run();

    long wanted = database.queryLong("select count(*) from orders where shipped_at is null");
    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(result.rows()).isEqualTo(wanted);
    assertThat(
            database.queryLong(
                "select count(*) from orders where filled is distinct from"
                    + " case when shipped_at is null then customer_id * 2 end"))
        .isZero();
    audit.assertEachRowOnce(wanted);
  }

  /** As jOOQ's code generator would make it. */
  private static final class Orders extends TableImpl<Record> {
    private static final long serialVersionUID = 1L;

    final transient TableField<Record, OffsetDateTime> shippedAt =
        createField(DSL.name("shipped_at"), SQLDataType.TIMESTAMPWITHTIMEZONE);
    final transient TableField<Record, String> filled =
        createField(DSL.name("filled"), SQLDataType.VARCHAR(32).nullable(false));

    Orders() {
      super(DSL.name("orders"), DSL.schema(DSL.name("public")));
    }
  }

  @Test
  void jooqGivesTableColumnTypeAndValue() {
    Orders orders = new Orders();
    BackfillDefinition definition =
        JooqBackfill.column(orders, orders.filled)
            .value(DSL.when(orders.shippedAt.isNull(), "isn't").otherwise("shipped"))
            .build();
    assertThat(definition.specification().schema()).contains("public");
    assertThat(definition.specification().type()).isEqualTo("varchar(32)");

    assertThat(definition.on(database.dataSource()).run().notNull()).isTrue();
    assertThat(
            database.queryLong(
                "select count(*) from orders where filled is distinct from"
                    + " case when shipped_at is null then 'isn''t' else 'shipped' end"))
        .isZero();
    // Its trigger, too, is in terms of the row and not of the table.
    database.execute("insert into orders (customer_id, amount) values (1, 1)");
    assertThat(database.queryString("select filled from orders order by id desc limit 1"))
        .isEqualTo("isn't");
  }

  @Test
  void aJooqConstantIsBound() {
    Orders orders = new Orders();
    assertThat(
            JooqBackfill.column(orders, orders.filled)
                .constant("it's")
                .on(database.dataSource())
                .run()
                .notNull())
        .isTrue();
    assertThat(database.queryLong("select count(*) from orders where filled = 'it''s'"))
        .isEqualTo(ROWS);
  }
}
