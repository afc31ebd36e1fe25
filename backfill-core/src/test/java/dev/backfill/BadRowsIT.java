package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.model.BadRowException;
import dev.backfill.model.NewRows;
import dev.backfill.model.NullsRemainException;
import dev.backfill.model.RowFunction;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One row of many for which the value does not fit. */
@PostgresTest
class BadRowsIT {
  private static final int ROWS = 3_000;
  private static final int BAD = 1_777;

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop table if exists orders cascade",
        "drop domain if exists word",
        "drop type if exists mood");
    database.ordersTable(ROWS);
  }

  private void fill(String type, String value) {
    Backfill.column("orders", "filled")
        .type(type)
        .value(value)
        .newRows(NewRows.application())
        .on(database.dataSource())
        .run();
  }

  private static String unlessBad(String value, String bad) {
    return "case id when " + BAD + " then " + bad + " else " + value + " end";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text",
        "varchar(4)",
        "integer",
        "bigint",
        "numeric(10, 2)",
        "timestamptz(3)",
        "char(4)",
        "bit(3)",
        "word",
        "mood"
      })
  void aRowWhoseValueIsNullIsNamed(String type) {
    database.execute(
        "create domain word as varchar(4)", "create type mood as enum ('fine', 'gone')");
    String value =
        switch (type) {
          case "integer", "bigint", "numeric(10, 2)" -> "customer_id";
          case "timestamptz(3)" -> "updated_at";
          case "bit(3)" -> "b'101'";
          case "mood" -> "'fine'::mood";
          default -> "'fine'";
        };

    assertThatThrownBy(() -> fill(type, unlessBad(value, "null")))
        .isInstanceOf(BadRowException.class)
        .hasMessageContaining("[id] = [" + BAD + "] cannot be filled")
        .hasMessageContaining("the value is NULL");
  }

  @ParameterizedTest
  @ValueSource(strings = {"varchar(4)", "char(4)", "word"})
  void aTextThatIsTooLongIsNotCut(String type) {
    database.execute("create domain word as varchar(4)");

    assertThatThrownBy(() -> fill(type, unlessBad("'fine'", "'too long'")))
        .isInstanceOf(BadRowException.class)
        .hasMessageContaining("[id] = [" + BAD + "]")
        .hasMessageContaining("22001");
    assertThat(database.queryLong("select count(*) from orders where filled <> 'fine'")).isZero();
  }

  @Test
  void aValueOfAnotherTypeIsConvertedAsAssignmentDoes() {
    fill("varchar(32)", "customer_id");

    assertThat(
            database.queryLong(
                "select count(*) from orders where filled is distinct from customer_id::text"))
        .isZero();
  }

  private void compute(String type, RowFunction function) {
    Backfill.column("orders", "filled")
        .type(type)
        .value(List.of("id"), function)
        .newRows(NewRows.application())
        .on(database.dataSource())
        .run();
  }

  @ParameterizedTest
  @ValueSource(strings = {"varchar(4)", "char(4)", "word", "bit(3)"})
  void whatAFunctionYieldsIsNotCutEither(String type) {
    database.execute("create domain word as varchar(4)");
    String fitting = type.equals("bit(3)") ? "101" : "fine";

    assertThatThrownBy(
            () ->
                compute(
                    type,
                    row -> Objects.equals(row.get("id"), (long) BAD) ? fitting + "0000" : fitting))
        .isInstanceOf(BadRowException.class)
        .hasMessageContaining("[id] = [" + BAD + "]");
  }

  @Test
  void aFunctionMayYieldArrays() {
    compute("text[]", row -> "{a,\"b, c\"}");

    assertThat(database.queryString("select distinct filled[2] from orders")).isEqualTo("b, c");
  }

  @Test
  void aRowForWhichAFunctionThrowsIsNamed() {
    assertThatThrownBy(
            () ->
                compute(
                    "text",
                    row -> {
                      if (Objects.equals(row.get("id"), (long) BAD)) {
                        throw new IllegalStateException("no such customer");
                      }
                      return "fine";
                    }))
        .isInstanceOf(BadRowException.class)
        .hasMessageContaining("[id] = [" + BAD + "]")
        .hasMessageContaining("22000, the function threw java.lang.IllegalStateException.")
        .cause()
        .satisfies(
            cause ->
                assertThat(cause.getStackTrace()[0].getClassName())
                    .isEqualTo(BadRowsIT.class.getName()));
  }

  @Test
  @DisplayName("rows that a trigger keeps from being updated are reported, not tried for ever")
  void suppressedRows() {
    database.execute(
        "create or replace function suppress() returns trigger language plpgsql as"
            + " 'begin return null; end'",
        "create trigger suppress before update on orders for each row when (old.id = "
            + BAD
            + ") execute function suppress()");

    assertThatThrownBy(() -> compute("text", row -> "fine"))
        .isInstanceOf(NullsRemainException.class);
    assertThat(database.queryLong("select count(*) from orders where filled is null")).isOne();
  }
}
