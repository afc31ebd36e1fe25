package dev.backfill.internal.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.model.RunFailedException;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@PostgresTest
class ScratchSchemaIT {
  private static final String THEIRS =
      "Scratch of a backfill rehearsal another, in use until 2999-01-01 00:00:00+00";
  private static final String DROP = "drop schema backfill_rehearsal cascade";

  static TestDatabase database;
  static DataSource rehearser;

  @BeforeAll
  static void role() {
    rehearser = database.role("rehearser", "create on database " + database.name());
  }

  @BeforeEach
  void none() {
    database.execute("drop schema if exists backfill_rehearsal cascade");
  }

  private static List<String> replacement(String owner) {
    return List.of(
        DROP,
        "create schema backfill_rehearsal authorization " + owner,
        "comment on schema backfill_rehearsal is '" + THEIRS + "'");
  }

  /** What is done with a connection. */
  private interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  private static ScratchSchema schema() {
    return ScratchSchema.of("backfill");
  }

  private static ScratchSchema created() throws SQLException {
    ScratchSchema schema = schema();
    try (Connection connection = rehearser.getConnection()) {
      schema.create(connection);
    }
    return schema;
  }

  private static void left(String until) throws SQLException {
    ScratchSchema unused = created();
    database.execute(
        "comment on schema backfill_rehearsal is 'Scratch of a backfill rehearsal killed, in use"
            + " until "
            + until
            + "'");
  }

  private static void left() throws SQLException {
    left("2020-01-01 00:00:00+00");
  }

  private static String comment() {
    return database.queryString("select obj_description('backfill_rehearsal'::regnamespace)");
  }

  private static long schemas() {
    return database.queryLong(
        "select count(*) from pg_namespace where nspname = 'backfill_rehearsal'");
  }

  /** Begins with the work while others have the schema, who commit once it waits for them. */
  private static <T> T whileOthersHaveIt(List<String> others, Work<T> work) throws Exception {
    FutureTask<T> waiting =
        new FutureTask<>(
            () -> {
              try (Connection connection = rehearser.getConnection()) {
                return work.on(connection);
              }
            });
    try (Connection other = database.direct().getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      for (String sql : others) {
        statement.execute(sql);
      }
      new Thread(waiting, "rehearsal").start();
      Awaitility.await("the rehearsal to wait for the schema")
          .atMost(Duration.ofMinutes(1))
          .until(
              () ->
                  waiting.isDone()
                      || database.queryLong(
                              "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                  + " and usename = 'rehearser'")
                          == 1);
      other.commit();
    }
    return waiting.get(1, TimeUnit.MINUTES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rehearser", "current_user"})
  void oneThatOthersHaveMadeAnewIsNotDroppedForTheOneThatWasLeft(String owner) throws Exception {
    left();

    assertThatThrownBy(
            () ->
                whileOthersHaveIt(
                    replacement(owner),
                    connection -> {
                      schema().create(connection);
                      return true;
                    }))
        .hasMessageContaining("Another rehearsal is at work");
    assertThat(comment()).isEqualTo(THEIRS);
  }

  @Test
  void oneThatWasLeftAndIsInSomebodysHandsIsRefusedWithWhatToDo() throws Exception {
    left();
    try (Connection other = database.direct().getConnection();
        Statement statement = other.createStatement();
        Connection connection = rehearser.getConnection()) {
      other.setAutoCommit(false);
      statement.execute("comment on schema backfill_rehearsal is 'not yet committed'");

      assertThatThrownBy(() -> schema().create(connection))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("locked")
          .hasMessageContaining("Nothing was changed")
          .hasMessageContaining("try again");
      other.rollback();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rehearser", "current_user"})
  void aStartOfARunDoesNotDropItEither(String owner) throws Exception {
    left();

    boolean ended =
        whileOthersHaveIt(
            replacement(owner),
            connection -> {
              schema().dropLeft(connection);
              return true;
            });

    assertThat(ended).isTrue();
    assertThat(comment()).isEqualTo(THEIRS);
  }

  @Test
  void aStartThatFindsItDroppedByAnotherGoesOn() throws Exception {
    left();
    withLease("now() - interval '1 hour'");

    boolean ended =
        whileOthersHaveIt(
            List.of(DROP),
            connection -> {
              schema().dropLeft(connection);
              return true;
            });

    assertThat(ended).isTrue();
    assertThat(schemas()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rehearser", "current_user"})
  void oneThatOthersHaveMadeAnewIsNotOurs(String owner) throws Exception {
    ScratchSchema ours = created();

    assertThat(whileOthersHaveIt(replacement(owner), ours::renew)).isFalse();
    assertThat(comment()).isEqualTo(THEIRS);
  }

  @Test
  void oneThatIsDroppedMeanwhileIsNotOurs() throws Exception {
    ScratchSchema ours = created();

    boolean ended =
        whileOthersHaveIt(
            List.of(DROP),
            connection -> {
              ours.dropNow(connection);
              return true;
            });

    assertThat(ended).isTrue();
    assertThat(schemas()).isZero();
  }

  @Test
  void oneWhoseRunHasALeaseIsAtWorkHoweverOldItsComment() throws SQLException {
    left();
    withLease("now() + interval '1 hour'");
    String comment = comment();

    try (Connection connection = rehearser.getConnection()) {
      assertThatThrownBy(() -> schema().create(connection))
          .hasMessageContaining("Another rehearsal is at work");
      schema().dropLeft(connection);
      assertThat(comment()).isEqualTo(comment);

      database.execute("update backfill_rehearsal.run set lease_until = now()");
      schema().dropLeft(connection);
      assertThat(schemas()).isZero();
    }
  }

  @Test
  void aTimeInItsCommentThatIsNoneKeepsNobodyFromStarting() throws SQLException {
    left("2020-99-99 99:99:99+00");

    try (Connection connection = rehearser.getConnection()) {
      schema().dropLeft(connection);
    }
    assertThat(schemas()).isZero();
  }

  private static void withLease(String until) throws SQLException {
    try (Connection connection = rehearser.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "create table backfill_rehearsal.run as select " + until + " as lease_until");
    }
  }
}
