package dev.backfill.internal.expand;

import static dev.backfill.internal.expand.Definitions.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.Backfill;
import dev.backfill.BackfillBuilder;
import dev.backfill.model.PreflightException;
import dev.backfill.testing.NeedsSuperuser;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Roles that may do less than is needed. */
@PostgresTest
class RightsIT {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  TestDatabase database;
  String role;

  @BeforeAll
  static void owner(TestDatabase database) {
    database.role("Own er", "usage, create on schema public");
    database.ordersTable(20);
    database.execute(
        "create table lines (id int primary key, n int) partition by list (id)",
        "create table lines_1 partition of lines for values in (1)",
        "alter table orders owner to \"Own er\"",
        "alter table lines owner to \"Own er\"",
        "alter table lines_1 owner to \"Own er\"");
  }

  @BeforeEach
  void name() {
    role = "clerk " + NUMBER.incrementAndGet();
    database.execute(
        "drop schema if exists backfill cascade",
        "alter table orders disable row level security",
        "alter table orders no force row level security");
  }

  private static Definitions note() {
    return value("orders", "c", "text", "note");
  }

  private void mend(Preflight.Inspection inspection) {
    // As they stand, comments and all.
    inspection.missingRights().forEach(database::execute);
  }

  @Test
  @DisplayName("E4: a role without any right is told each GRANT, and the GRANTs are enough")
  void namesEveryGrant() {
    DataSource clerk = database.role(role);
    List<String> before = SchemaImage.of(database);
    assertThatThrownBy(() -> Expansion.check(clerk, note()))
        .isInstanceOf(PreflightException.class)
        .hasMessageContainingAll(
            "GRANT \"Own er\" TO \"" + role + "\"",
            "GRANT SELECT, UPDATE ON \"public\".\"orders\" TO \"" + role + "\"",
            "GRANT CREATE ON DATABASE",
            "nothing was changed");
    assertThat(SchemaImage.of(database)).isEqualTo(before);
    mend(Expansion.inspect(clerk, note()));
    assertThat(Expansion.check(clerk, note()).cover()).isInstanceOf(Cover.ByTrigger.class);
  }

  @Test
  @DisplayName("E4: every partition counts")
  void looksAtPartitions() {
    DataSource clerk = database.role(role, "\"Own er\"", "create on database " + database.name());
    database.execute("alter table lines_1 owner to current_user");
    assertThat(Expansion.inspect(clerk, value("lines", "c", "int", "n")).missingRights())
        .hasSize(2)
        .anyMatch(g -> g.contains("ON \"public\".\"lines_1\""));
    database.execute("alter table lines_1 owner to \"Own er\"");
    Expansion.check(clerk, value("lines", "c", "int", "n"));
  }

  @Test
  @DisplayName("E4: a schema for the state that is there already must be usable, its tables too")
  @NeedsSuperuser("has state that belongs to a superuser, who is no stranger to its roles")
  void needsTheStateSchema() {
    DataSource clerk = database.role(role, "\"Own er\"");
    assertThat(Expansion.inspect(clerk, note()).missingRights())
        .singleElement()
        .asString()
        .startsWith("GRANT CREATE ON DATABASE");
    database.execute("create schema backfill", "create table backfill.run (name text)");
    assertThat(Expansion.inspect(clerk, note()).missingRights()).hasSize(2);
    mend(Expansion.inspect(clerk, note()));
    Expansion.check(clerk, note());
  }

  @Test
  @DisplayName("E4: a role that may only read can inspect all the rest")
  void inspectsWithReadRightsOnly() {
    DataSource reader = database.role(role, "select on orders");
    Preflight.Inspection inspection = Expansion.inspect(reader, note());
    assertThat(inspection.problems()).isEmpty();
    assertThat(inspection.prepared()).isPresent();
    assertThat(inspection.missingRights()).hasSize(3);
    assertThat(Expansion.inspect(reader, value("orders", "c", "text", "nope")).problems())
        .singleElement()
        .asString()
        .contains("nope");
    assertThat(
            Expansion.inspect(reader, value("orders", "c", "timestamptz", "shipped_at")).problems())
        .singleElement()
        .asString()
        .contains("key (3)");
  }

  @Test
  void namesTheRightThatTheExpressionLacks() {
    database.execute("create table if not exists secret (id int)");
    DataSource clerk = database.role(role, "\"Own er\"", "create on database " + database.name());
    assertThatThrownBy(
            () ->
                Expansion.check(
                    clerk, value("orders", "c", "bigint", "(select count(*) from secret)")))
        .hasMessageContainingAll("permission denied for table secret", "Grant");
  }

  @Test
  void saysThatTheConnectionMayNotWrite() {
    DataSource clerk = database.role(role, "\"Own er\"", "create on database " + database.name());
    database.execute("alter role \"" + role + "\" set default_transaction_read_only = on");
    assertThatThrownBy(() -> Expansion.check(clerk, note()))
        .hasMessageContainingAll("read-only", "Connect");
  }

  @Test
  @DisplayName("D10: row security that would hide rows is refused, with what ends it")
  void refusesRowSecurity() {
    DataSource clerk = database.role(role, "\"Own er\"", "create on database " + database.name());
    database.execute(
        "alter table orders enable row level security",
        "drop policy if exists odd on orders",
        "create policy odd on orders using (id % 2 = 1)");
    Expansion.check(clerk, note());

    database.execute("alter table orders force row level security");
    assertThatThrownBy(() -> Expansion.check(clerk, note()))
        .hasMessageContainingAll("Row security", "NO FORCE ROW LEVEL SECURITY", "BYPASSRLS");
    database.execute("alter role \"" + role + "\" bypassrls");
    Expansion.check(clerk, note());

    database.execute("alter role \"" + role + "\" nobypassrls");
    String reader = role + " reader";
    DataSource other = database.role(reader, "select, update on orders");
    assertThat(Expansion.inspect(other, note()).problems())
        .singleElement()
        .asString()
        .contains("Row security", "Run as the owner");
  }

  @Test
  @DisplayName("D10: state that the role may not read is named with the grants")
  @NeedsSuperuser("has a superuser fill the table of a role of its own")
  void needsTheStateOfEarlierRuns() {
    BackfillBuilder copy =
        Backfill.column("orders", "copy").type("bigint").value("id").stateSchema("their state");
    copy.on(database.dataSource()).run();
    DataSource clerk = database.role(role, "\"Own er\"", "create on database " + database.name());

    assertThatThrownBy(() -> copy.on(clerk).run())
        .isInstanceOf(PreflightException.class)
        .hasMessageContaining("GRANT USAGE, CREATE ON SCHEMA \"their state\"");
  }

  @Test
  void needsTheSchemaOfTheTable() {
    database.execute(
        "create schema if not exists closed",
        "create table if not exists closed.t (id int primary key)",
        "alter table closed.t owner to \"Own er\"");
    DataSource clerk = database.role(role, "\"Own er\"", "create on database " + database.name());
    assertThatThrownBy(() -> Expansion.check(clerk, value("t", "c", "int", "id").schema("closed")))
        .hasMessageContaining("GRANT USAGE ON SCHEMA \"closed\"");
  }
}
