package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.model.BadRowException;
import dev.backfill.model.NewRows;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
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
}
