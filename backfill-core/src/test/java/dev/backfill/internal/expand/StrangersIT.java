package dev.backfill.internal.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.Backfill;
import dev.backfill.Backfills;
import dev.backfill.BoundBackfill;
import dev.backfill.model.PreflightException;
import dev.backfill.model.RunState;
import dev.backfill.testing.NeedsSuperuser;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A role of few rights that would like to have those of a run. */
@PostgresTest
class StrangersIT {
  static TestDatabase database;
  static DataSource clerk;
  static DataSource mallory;

  @BeforeAll
  static void roles() {
    clerk =
        database.role(
            "clerk", "create on database " + database.name(), "usage, create on schema public");
    mallory =
        database.role(
            "mallory", "create on database " + database.name(), "usage, create on schema public");
  }

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop table if exists orders cascade",
        "alter database " + database.name() + " owner to current_user");
    database.ordersTable(20);
    database.execute("alter table orders owner to clerk");
  }

  private static BoundBackfill run(DataSource dataSource) {
    return Backfill.column("orders", "copy").type("text").value("note").on(dataSource);
  }

  /** A role's settings are those of its next sessions. */
  private static void connectAnew() {
    if (Boolean.getBoolean("backfill.test.pgbouncer")) {
      // A pooler keeps sessions that have begun with the setting before.
      database.execute(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'clerk'");
    }
    ((HikariDataSource) clerk).getHikariPoolMXBean().softEvictConnections();
  }

  private static void as(DataSource role, String... statements) throws SQLException {
    try (Connection connection = role.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private void assertRefused(DataSource dataSource, String... parts) {
    List<String> before = SchemaImage.of(database);
    assertThatThrownBy(() -> run(dataSource).run())
        .isInstanceOf(PreflightException.class)
        .hasMessageContainingAll(parts)
        .hasMessageContaining("nothing was changed");
    assertThat(SchemaImage.of(database)).isEqualTo(before);
  }

  /** State that says that the run is complete, and a trigger that would run with our rights. */
  @Test
  void stateThatSomebodyElseMadeBeforehandIsNotBelieved() throws SQLException {
    run(clerk).run();
    String finished =
        database.queryString("select row_to_json(r)::text from backfill.run r").replace("'", "''");
    database.execute("drop schema backfill cascade", "alter table orders drop column copy cascade");
    as(
        mallory,
        "create schema backfill",
        "create table backfill.state_version as select 2 as version",
        "create table backfill.run as select * from json_to_record('"
            + finished
            + "') as r(name text, phase text, state text)",
        "grant all on schema backfill to public",
        "grant all on all tables in schema backfill to public");

    assertRefused(
        clerk,
        "schema backfill belongs to role mallory",
        "relation backfill.run belongs to role mallory",
        "ALTER schema backfill OWNER TO clerk",
        "stateSchema(");
  }

  @Test
  void oneForeignTableOrFunctionInOurOwnSchemaIsEnough() throws SQLException {
    run(clerk).run();
    database.execute(
        "alter table orders drop column copy cascade",
        "truncate backfill.run cascade",
        "alter table backfill.event owner to mallory");
    assertRefused(clerk, "relation backfill.event belongs to role mallory");
    database.execute(
        "alter table backfill.event owner to clerk", "grant create on schema backfill to mallory");
    as(
        mallory,
        "create function backfill.cover_1_copy() returns trigger language plpgsql"
            + " as 'begin return new; end'");
    assertRefused(clerk, "function backfill.cover_1_copy() belongs to role mallory");
  }

  @Test
  @NeedsSuperuser("has state that belongs to a superuser")
  void theStateOfASuperuserAndOfTheDatabasesOwnerIsTrusted() {
    database.execute("create schema backfill", "grant usage, create on schema backfill to clerk");
    assertThat(run(clerk).run().state()).isEqualTo(RunState.DONE);

    database.execute(
        "alter table orders drop column copy cascade",
        "drop schema backfill cascade",
        "alter database " + database.name() + " owner to mallory",
        "create schema backfill authorization mallory",
        "grant usage, create on schema backfill to clerk");
    assertThat(run(clerk).run().state()).isEqualTo(RunState.DONE);
  }

  /** A superuser is a member of every role, and would hand each of them his rights. */
  @Test
  @NeedsSuperuser("runs as a superuser")
  void aSuperuserTrustsTheOwnerOfTheTableAlone() {
    database.execute("create schema backfill authorization clerk");
    assertThat(run(database.dataSource()).run().state()).isEqualTo(RunState.DONE);

    database.execute(
        "alter table orders drop column copy cascade",
        "drop schema backfill cascade",
        "create schema backfill authorization mallory");
    assertRefused(database.dataSource(), "schema backfill belongs to role mallory");
  }

  /** Who is a member of the table's owner could do to a run what the owner could. */
  @Test
  @NeedsSuperuser("is one that trusts others")
  void aSuperuserTrustsAMemberOfTheOwnerOfTheTable() {
    DataSource migrator =
        database.role("migrator", "clerk", "create on database " + database.name());
    assertThat(run(migrator).run().state()).isEqualTo(RunState.DONE);
    assertThat(
            database.queryString(
                "select relowner::regrole from pg_class where oid = 'backfill.run'::regclass"))
        .isEqualTo("migrator");
    database.execute(
        "alter table orders drop column copy cascade", "truncate backfill.run cascade");

    assertThat(run(database.dataSource()).run().state()).isEqualTo(RunState.DONE);
    Backfills.on(database.dataSource()).pause("public.orders.copy");
    assertThat(database.queryString("select requested_action from backfill.run"))
        .isEqualTo("pause");
  }

  @Test
  void functionsAndOperatorsOfOthersThatAreCalledLikePostgresOwnAreRefused() throws SQLException {
    as(
        mallory,
        "create function public.hash_record(orders) returns int language sql as 'select 1'",
        "create function public.same(bigint, int) returns boolean language sql as 'select true'",
        "create operator public.= (function = public.same, leftarg = bigint, rightarg = int)");
    assertRefused(
        clerk,
        "function hash_record(orders) of role mallory may be called in place of PostgreSQL's own",
        "operator public.=(bigint,integer) of role mallory",
        "DROP operator public.=(bigint,integer)");

    database.execute("alter role clerk set search_path = pg_catalog");
    BoundBackfill elsewhere =
        Backfill.column("public.orders", "copy").type("text").value("note").on(clerk);
    connectAnew();
    assertThat(elsewhere.plan().missingRights()).isEmpty();

    database.execute(
        "alter role clerk reset search_path",
        "drop operator public.= (bigint, int)",
        "alter function public.hash_record(orders) owner to clerk");
    connectAnew();
    assertThat(run(clerk).run().state()).isEqualTo(RunState.DONE);
    database.execute(
        "drop function public.hash_record(orders)", "drop function public.same(bigint, int)");
  }

  @Test
  void aSchemaOfTheSearchPathInWhichEverybodyMayCreateIsWarnedOf() {
    assertThat(run(clerk).plan().warnings()).noneMatch(w -> w.contains("Every role"));
    database.execute("grant create on schema public to public");
    assertThat(run(clerk).plan().warnings())
        .anyMatch(w -> w.contains("REVOKE CREATE ON SCHEMA public FROM PUBLIC"));
    database.execute("revoke create on schema public from public");
  }
}
