package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.backfill.model.BackfillException;
import dev.backfill.model.RunStatus;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An operator of many rights, and state of a role that would like to have them. */
@PostgresTest
class UntrustedStateIT {
  private static final String RUN = "public.orders.copy";
  private static final String LEFT =
      "comment on schema backfill_rehearsal is"
          + " 'Scratch of a backfill rehearsal, in use until 2020-01-01 00:00:00+00'";

  static TestDatabase database;
  static DataSource clerk;
  static DataSource migrator;
  static DataSource mallory;

  @BeforeAll
  static void roles() {
    String create = "create on database " + database.name();
    clerk = database.role("clerk", create, "usage, create on schema public");
    migrator = database.role("migrator", create, "clerk");
    mallory = database.role("mallory", create, "usage, create on schema public");
    database.execute("create table caught (who text)", "grant insert on caught to public");
  }

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop schema if exists backfill_rehearsal cascade",
        "drop table if exists orders cascade");
    database.ordersTable(20);
    database.execute("alter table orders owner to clerk");
  }

  @AfterEach
  void nobodyWasCaught() {
    assertThat(database.queryLong("select count(*) from caught")).isZero();
  }

  private static BackfillBuilder copy() {
    return Backfill.column("orders", "copy").type("text").value("note");
  }

  private static Backfills operator() {
    return Backfills.on(database.dataSource());
  }

  private static void asMallory(String... statements) throws SQLException {
    try (Connection connection = mallory.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static void stateOfMallory() {
    database.execute(
        "alter schema backfill owner to mallory", "alter table backfill.run owner to mallory");
  }

  /** It would run with the operator's rights. */
  private static void withATrigger() throws SQLException {
    stateOfMallory();
    asMallory(
        "create function backfill.catch() returns trigger language plpgsql as $$"
            + " begin insert into public.caught values (current_user); return new; end $$",
        "create trigger catch before update on backfill.run"
            + " for each row execute function backfill.catch()");
  }

  private static List<ThrowingCallable> writes(String run) {
    return List.of(
        () -> operator().pause(run),
        () -> operator().resume(run),
        () -> operator().stop(run),
        () -> operator().retune(run, "workers", 2),
        () -> operator().approveContract(run),
        () -> operator().abandon(run));
  }

  private static List<ThrowingCallable> reads(String run) {
    return List.of(
        () -> operator().list(),
        () -> operator().history(run),
        () -> operator().verification(run),
        () -> operator().quarantined(run),
        () -> operator().quarantinedBySqlState(run));
  }

  private static void assertRefused(List<ThrowingCallable> calls, String owner) {
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call)
          .isInstanceOf(BackfillException.class)
          .hasMessageContaining("belongs to " + owner)
          .hasMessageContaining("Nothing was changed. Ask as a role that is a member of " + owner);
    }
  }

  @Test
  void nothingIsWrittenToTheStateOfAStranger() throws SQLException {
    copy().on(clerk).run();
    withATrigger();
    assertRefused(writes(RUN), "mallory");
  }

  @Test
  void theStateIsNotBelievedWhoseTableItIs() throws SQLException {
    copy().name("nightly").on(clerk).run();
    asMallory("create table if not exists public.bait ()");
    database.execute("update backfill.run set table_oid = 'public.bait'::regclass");
    withATrigger();
    assertRefused(writes("nightly"), "mallory");
  }

  /** A function in it runs with the rights of who reads. */
  @Test
  void noViewOfAStrangerIsRead() throws SQLException {
    copy().on(clerk).run();
    stateOfMallory();
    asMallory(
        "alter table backfill.run rename to kept",
        "create function backfill.caught() returns boolean language plpgsql as $$"
            + " begin insert into public.caught values (current_user); return true; end $$",
        "create view backfill.run as select * from backfill.kept where backfill.caught()",
        "grant select on backfill.run to public");
    assertRefused(reads(RUN), "mallory");
  }

  /** It is asked for the lease of a rehearsal, after which it is dropped as one that was left. */
  @Test
  void noViewOfAStrangerInTheSchemaOfRehearsalsIsRead() throws SQLException {
    asMallory(
        "create schema backfill_rehearsal",
        LEFT,
        "create function backfill_rehearsal.caught() returns timestamptz language plpgsql as $$"
            + " begin insert into public.caught values (current_user); return now(); end $$",
        "create view backfill_rehearsal.run as"
            + " select backfill_rehearsal.caught() as lease_until",
        "grant usage on schema backfill_rehearsal to public",
        "grant select on backfill_rehearsal.run to public");

    assertThatThrownBy(() -> copy().on(database.dataSource()).rehearse())
        .isInstanceOf(BackfillException.class)
        .hasMessageContaining("was not left by one of this role");
    assertThatThrownBy(() -> operator().abandon(RUN)).hasMessageContaining("There is no run");
    copy().on(database.dataSource()).run();

    assertThat(database.queryLong("select count(*) from pg_views where schemaname ~ 'rehearsal'"))
        .isEqualTo(1);
  }

  @Test
  void whoMayNotAbandonARunDropsNothing() throws SQLException {
    copy().on(clerk).run();
    withATrigger();
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create schema backfill_rehearsal");
      statement.execute(LEFT);
    }

    assertRefused(List.of(() -> operator().abandon(RUN)), "mallory");

    assertThat(database.queryLong("select count(*) from pg_namespace where nspname ~ 'rehearsal'"))
        .isEqualTo(1);
  }

  /** What the state says of the run's table its owner could have written. */
  @Test
  void whoIsNoMemberAsksAsTheRoleOfARunWhoseNameTellsNoTable() {
    copy().name("nightly").on(migrator).run();
    assertRefused(
        Stream.of(reads("nightly"), writes("nightly")).flatMap(List::stream).toList(), "migrator");

    Backfills.on(migrator).pause("nightly");
    assertThat(Backfills.on(migrator).list())
        .extracting(RunStatus::name, run -> run.requestedAction().orElse(""))
        .containsExactly(tuple("nightly", "pause"));
  }
}
