package dev.backfill.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.backfill.internal.rehearsal.ScratchSchema;
import dev.backfill.internal.signal.Monitor;
import dev.backfill.model.RunFailedException;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@PostgresTest
class RehearsalBoardIT {
  private static final Monitor.Sight HELD = new Monitor.Sight(Optional.empty(), 0, List.of());

  TestDatabase database;
  private long nanos;

  private String comment() {
    return database.queryString("select obj_description('backfill_rehearsal'::regnamespace)");
  }

  @Test
  void theSchemaIsKeptWhileTheCopyIsHeldBack() throws SQLException {
    ScratchSchema schema = ScratchSchema.of("backfill");
    try (Connection connection = database.dataSource().getConnection()) {
      schema.create(connection);
      RehearsalBoard board = new RehearsalBoard("run", schema, () -> nanos);
      database.execute(
          "do $$ begin execute format('comment on schema backfill_rehearsal is %L', regexp_replace("
              + "obj_description('backfill_rehearsal'::regnamespace), 'until .*',"
              + " 'until 2020-01-01 00:00:00+00')); end $$");

      board.show(connection, HELD);
      assertThat(comment()).contains("2020-01-01");
      nanos += Duration.ofSeconds(20).toNanos();
      board.show(connection, HELD);
      assertThat(comment()).doesNotContain("2020-01-01");
      schema.dropNow(connection);
    }
  }

  @Test
  void aSchemaThatIsAnothersEndsTheRehearsalAndIsToldOnce() throws SQLException {
    Logger log = (Logger) LoggerFactory.getLogger("dev.backfill.run");
    ListAppender<ILoggingEvent> told = new ListAppender<>();
    told.start();
    log.addAppender(told);
    ScratchSchema schema = ScratchSchema.of("backfill");
    try (Connection connection = database.dataSource().getConnection()) {
      schema.create(connection);
      RehearsalBoard board = new RehearsalBoard("run", schema, () -> nanos);
      database.execute("comment on schema backfill_rehearsal is 'somebody else''s'");
      assertThatCode(board::requireKept).doesNotThrowAnyException();

      nanos += Duration.ofSeconds(20).toNanos();
      board.show(connection, HELD);
      nanos += Duration.ofSeconds(20).toNanos();
      board.show(connection, HELD);

      assertThatThrownBy(board::requireKept)
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("was away for longer than two minutes");
      assertThat(told.list)
          .extracting(ILoggingEvent::getFormattedMessage)
          .filteredOn(message -> message.contains("is gone"))
          .hasSize(1);
    } finally {
      log.detachAppender(told);
      database.execute("drop schema if exists backfill_rehearsal cascade");
    }
  }
}
