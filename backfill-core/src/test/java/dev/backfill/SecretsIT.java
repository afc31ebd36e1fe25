package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.backfill.model.BadRowException;
import dev.backfill.model.BatchSize;
import dev.backfill.model.NewRows;
import dev.backfill.model.PreflightException;
import dev.backfill.model.VerifyResult;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What must not be read in a log or in a message: passwords, and what stands in the rows. */
@PostgresTest
class SecretsIT {
  private static final String PASSWORD = "hunter2";

  TestDatabase database;
  CapturedLog log;

  @BeforeEach
  void capture() {
    database.execute("drop schema if exists backfill cascade", "drop table if exists people");
    database.execute(
        "create table people (id bigint primary key, name text not null)",
        "insert into people select i, 'Ada Lovelace ' || i from generate_series(1, 3000) i");
    log = CapturedLog.open();
  }

  @AfterEach
  void release() {
    log.close();
  }

  private static BackfillBuilder initials() {
    return Backfill.column("people", "initials").type("text").value("left(name, 1)");
  }

  private static String told(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static String withPassword(String url) {
    return url + (url.contains("?") ? "&" : "?") + "password=" + PASSWORD;
  }

  @Test
  void aServerThatIsNotThere() {
    String nowhere = withPassword("jdbc:postgresql://localhost:1/shop");

    Throwable failure = catchThrowable(() -> initials().on(nowhere, "app", PASSWORD).run());

    assertThat(failure).isNotNull();
    assertThat(told(failure)).contains("localhost:1").doesNotContain(PASSWORD);
    assertThat(log.lines())
        .anyMatch(line -> line.contains("localhost:1"))
        .noneMatch(line -> line.contains(PASSWORD));
  }

  @Test
  void aLoginThatIsRefused() {
    String url = withPassword(database.unpooled().getUrl());

    Throwable failure = catchThrowable(() -> initials().on(url, "nobody", PASSWORD).run());

    assertThat(failure).isNotNull();
    // PgBouncer does not say who.
    assertThat(told(failure)).containsAnyOf("nobody", "no such user").doesNotContain(PASSWORD);
    assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains(PASSWORD));
  }

  @Test
  void aPoolOfOneThatTellsItsUrl() {
    PGSimpleDataSource one =
        new PGSimpleDataSource() {
          private boolean lent;

          @Override
          public java.sql.Connection getConnection() throws SQLException {
            if (lent) {
              throw new SQLException("the only connection is lent");
            }
            lent = true;
            return java.sql.DriverManager.getConnection(withPassword(database.url()));
          }
        };

    Throwable failure = catchThrowable(() -> initials().on(one).run());

    assertThat(failure)
        .isInstanceOf(PreflightException.class)
        .hasMessageContaining("a second connection did not come")
        .hasMessageContaining("/" + database.name());
    assertThat(told(failure)).doesNotContain(PASSWORD);
    assertThat(log.lines()).noneMatch(line -> line.contains(PASSWORD));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alter table people add check (id <> 1500 or initials is null)",
        "alter table people add check (id <> 1500 or initials is null),"
            + " add column twin text, add unique (twin)",
        "create trigger reject before update on people for each row when (old.id = 1500)"
            + " execute function reject()"
      })
  void theRowThatEndsARun(String rejection) {
    database.execute(
        "create or replace function reject() returns trigger language plpgsql as"
            + " $$ begin raise exception 'no good: %', new.name using detail = new.name; end $$",
        "alter table people add column initials text", rejection);

    Throwable failure =
        catchThrowable(
            () -> initials().newRows(NewRows.application()).on(database.dataSource()).run());

    assertThat(failure).isInstanceOf(BadRowException.class).hasMessageContaining("[id] = [1500]");
    assertThat(told(failure)).doesNotContain("Lovelace");
    assertThat(log.lines())
        .anyMatch(line -> line.contains("[id] = [1500]"))
        .noneMatch(line -> line.contains("Lovelace"));
    assertThat(database.queryString("select last_error from backfill.run"))
        .contains("[id] = [1500]")
        .doesNotContain("Lovelace");
  }

  @Test
  void aRowForWhichAFunctionThrows() {
    Throwable failure =
        catchThrowable(
            () ->
                Backfill.column("people", "length")
                    .type("int")
                    .value(
                        List.of("name"),
                        row -> {
                          String name = row.get("name", String.class);
                          if (name.endsWith(" 1500")) {
                            throw new IllegalStateException("no good: " + name);
                          }
                          return name.length();
                        })
                    .newRows(NewRows.application())
                    .on(database.dataSource())
                    .run());

    assertThat(failure).isInstanceOf(BadRowException.class).hasMessageContaining("[id] = [1500]");
    assertThat(told(failure)).contains("IllegalStateException").doesNotContain("Lovelace");
    assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains("Lovelace"));
  }

  @ParameterizedTest(name = "in Java: {0}")
  @ValueSource(booleans = {false, true})
  void aRowWhoseValueAVerificationCannotCompute(boolean inJava) {
    ColumnStages.Valued number = Backfill.column("people", "number").type("int");
    BackfillDefinition definition =
        (inJava
                ? number.value(
                    List.of("name"),
                    row -> Integer.valueOf(row.get("name", String.class).replaceAll(".* ", "")))
                : number.value("split_part(name, ' ', 3)::int"))
            .newRows(NewRows.application())
            .build();
    definition.on(database.dataSource()).run();
    database.execute("update people set name = 'Ada King Countess' where id = 1500");

    VerifyResult result = definition.on(database.dataSource()).verify().run();

    assertThat(result.differences())
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.key()).containsExactly("1500");
              assertThat(row.problem().orElseThrow())
                  .contains(inJava ? "NumberFormatException" : "22P02, invalid input syntax")
                  .doesNotContain("Countess");
            });
    assertThat(database.queryString("select problem from backfill.difference"))
        .isEqualTo(result.differences().get(0).problem().orElseThrow());
    assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains("Countess"));
  }

  @Test
  void theRowsOfARunAndItsConnection() {
    PGSimpleDataSource server = database.unpooled();
    String url = withPassword(server.getUrl());
    BatchSize small = BatchSize.fixed(100);

    initials().batchSize(small).on(url, server.getUser(), PASSWORD).run();
    Backfill.column("people", "length")
        .type("int")
        .value(List.of("name"), row -> row.get("name", String.class).length())
        .newRows(NewRows.application())
        .batchSize(small)
        .on(url, server.getUser(), PASSWORD)
        .run();

    assertThat(log.lines())
        .anyMatch(line -> line.contains("people"))
        .noneMatch(line -> line.contains("Lovelace"))
        .noneMatch(line -> line.contains(PASSWORD));
  }
}
