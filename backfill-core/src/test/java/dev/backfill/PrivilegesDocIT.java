package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.backfill.model.BackfillResult;
import dev.backfill.model.PreflightException;
import dev.backfill.model.RunState;
import dev.backfill.testing.NeedsSuperuser;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The SQL of docs/privileges.md, as it stands there, is enough for a run, and all of it is. */
@PostgresTest
@NeedsSuperuser("creates the roles of docs/privileges.md")
class PrivilegesDocIT {
  private static final Path PAGE = Path.of("..", "docs", "privileges.md");
  private static final Pattern SQL =
      Pattern.compile("^```sql\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern LINE = Pattern.compile("\\| `(GRANT [^`]*)` \\|");
  private static final Pattern TOLD = Pattern.compile("A right is missing: (GRANT .*)");
  private static final Pattern END = Pattern.compile(";\n");
  private static final int ROLE = 0;
  private static final int CREATE_ON_DATABASE = 1;
  private static final int OWN_SCHEMA = 2;
  private static final int STATISTICS = 3;

  TestDatabase database;

  @BeforeEach
  void shop() {
    database.execute("create role shop_owner");
    database.ordersTable(2_000);
    database.execute("alter table orders owner to shop_owner");
  }

  @AfterEach
  void noShop() {
    database.execute(
        "drop owned by backfiller cascade",
        "drop owned by shop_owner cascade",
        "drop role backfiller",
        "drop role shop_owner",
        "drop schema if exists backfill cascade",
        "grant usage on schema public to public");
  }

  /** The statements of a block, on the test's database instead of the page's. */
  private void execute(int block) throws IOException {
    List<String> blocks =
        SQL.matcher(here(Files.readString(PAGE))).results().map(found -> found.group(1)).toList();
    END.splitAsStream(blocks.get(block)).forEach(database::execute);
  }

  private String here(String sql) {
    return sql.replace("database shop", "database " + database.name());
  }

  private DataSource backfiller() {
    // A pooler would keep sessions of the role of the same name that the test before has dropped.
    PGSimpleDataSource login = database.direct();
    login.setUser("backfiller");
    login.setPassword("secret");
    return login;
  }

  private static BackfillBuilder derived() {
    return Backfill.column("public", "orders", "status_code")
        .type("text")
        .value("case when shipped_at is null then 'pending' else 'shipped' end");
  }

  @ParameterizedTest(name = "a whole run, by a place for its state in block {0}, statistics: {1}")
  @CsvSource({
    CREATE_ON_DATABASE + ", true",
    CREATE_ON_DATABASE + ", false",
    OWN_SCHEMA + ", true",
    OWN_SCHEMA + ", false"
  })
  void isEnough(int place, boolean statistics) throws IOException {
    execute(ROLE);
    execute(place);
    if (statistics) {
      execute(STATISTICS);
    }
    assertThat(derived().on(backfiller()).plan().missingRights()).isEmpty();

    BackfillResult result = derived().on(backfiller()).run();

    assertThat(result.state()).isEqualTo(RunState.DONE);
    assertThat(result.notNull()).isTrue();
    assertThat(derived().on(backfiller()).verify().run().rowsDifferent()).isZero();
    assertThat(Backfills.on(backfiller()).list()).hasSize(1);
  }

  @ParameterizedTest(name = "E4: after \"{0}\" a line of the page is told, and mends it")
  @ValueSource(
      strings = {
        "revoke shop_owner from backfiller",
        "revoke select on orders from shop_owner",
        "revoke update on orders from shop_owner",
        "revoke create on database shop from backfiller",
        "revoke usage on schema public from public",
        "create schema backfill"
      })
  void isNeeded(String lacking) throws IOException {
    execute(ROLE);
    execute(CREATE_ON_DATABASE);
    database.execute(here(lacking));

    assertIsRefusedAndMended();
  }

  @Test
  @DisplayName("E4: the state of another role is told with the lines of the page, which mend it")
  void theStateOfAnother() throws IOException {
    execute(ROLE);
    Backfill.column("orders", "copy").type("bigint").value("id").on(database.dataSource()).run();

    assertIsRefusedAndMended();
  }

  private void assertIsRefusedAndMended() throws IOException {
    PreflightException refused =
        catchThrowableOfType(PreflightException.class, () -> derived().on(backfiller()).run());
    assertThat(refused).hasMessageContaining("nothing was changed");
    List<String> told =
        TOLD.matcher(refused.getMessage()).results().map(found -> found.group(1)).toList();
    assertThat(told).as(refused.getMessage()).isNotEmpty().isSubsetOf(lines());
    assertThat(columns()).isZero();

    told.forEach(database::execute);

    assertThat(derived().on(backfiller()).run().state()).isEqualTo(RunState.DONE);
  }

  /** The lines of the page that a run may tell, as it tells them here. */
  private List<String> lines() throws IOException {
    return LINE.matcher(here(Files.readString(PAGE)).replace("DATABASE shop", databaseClause()))
        .results()
        .map(found -> found.group(1))
        .toList();
  }

  private String databaseClause() {
    return "DATABASE " + database.name();
  }

  private long columns() {
    return database.queryLong(
        "select count(*) from pg_attribute where attrelid = 'orders'::regclass"
            + " and attname = 'status_code'");
  }
}
