package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.internal.engine.RehearsalExecution;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.model.Rehearsal;
import dev.backfill.model.RunFailedException;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import dev.backfill.throttle.Reading;
import dev.backfill.throttle.Signal;
import dev.backfill.throttle.SignalContext;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A rehearsal that was suspended for longer than its schema is kept, and whose successor has one of
 * that name by then: here its comment alone is the successor's, so that whatever is done to the
 * copy from there on is done to that of another.
 */
@PostgresTest
class RehearsalTakenAwayIT {
  private static final String THEIRS =
      "Scratch of a backfill rehearsal another, in use until 2999-01-01 00:00:00+00";
  private static final String TAKE = "comment on schema backfill_rehearsal is '" + THEIRS + "'";

  TestDatabase database;

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill_rehearsal cascade", "drop table if exists orders cascade");
    database.ordersTable(5_000);
  }

  private static BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code").type("text").value("orders.note");
  }

  /** Does it once, before the first statement that is meant. */
  private DataSource before(Predicate<String> meant, String... statements) {
    AtomicBoolean done = new AtomicBoolean();
    return RecordingDataSource.of(
        database.dataSource(),
        text -> {
          if (meant.test(text) && done.compareAndSet(false, true)) {
            database.execute(statements);
          }
        });
  }

  private static void assertTakenAway(DataSource dataSource) {
    assertThatThrownBy(() -> statusCode().unthrottled().on(dataSource).rehearse())
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("was away for longer than two minutes")
        .hasMessageContaining("The table was only read");
  }

  private void assertUntouched() {
    assertThat(database.queryString("select obj_description('backfill_rehearsal'::regnamespace)"))
        .isEqualTo(THEIRS);
    assertThat(
            database.queryLong(
                "select count(*) from pg_attribute where attname = 'status_code'"
                    + " and attrelid = 'backfill_rehearsal.orders'::regclass"))
        .isZero();
  }

  private long runs() {
    return database.queryLong("select count(to_regclass('backfill_rehearsal.run'))");
  }

  @Test
  void betweenCopyAndFillBeginsWithNothing() {
    assertTakenAway(before(sql -> sql.startsWith("vacuum (analyze"), TAKE));

    assertUntouched();
    assertThat(runs()).isZero();
  }

  @Test
  void asItsRunBeginsEndsBeforeTheFirstPhase() {
    assertTakenAway(before(RehearsalTakenAwayIT::createsTheState, TAKE));

    assertUntouched();
    assertThat(runs()).isEqualTo(1);
  }

  @Test
  void asItsRunBeginsIsNotMissedForWantOfACopy() {
    assertTakenAway(
        before(
            RehearsalTakenAwayIT::createsTheState, TAKE, "drop table backfill_rehearsal.orders"));
  }

  @Test
  void asItReadsItsFiguresBelievesNone() {
    AtomicInteger sizes = new AtomicInteger();

    assertTakenAway(
        before(
            sql -> sql.contains("pg_total_relation_size(t)") && sizes.incrementAndGet() == 2,
            TAKE));
  }

  @Test
  void whatBecameOfAnothersCopyIsNotSaidOfTheDefinition() {
    assertTakenAway(
        before(RehearsalTakenAwayIT::createsTheState, "drop schema backfill_rehearsal cascade"));
  }

  private static boolean createsTheState(String sql) {
    return sql.contains("create table \"backfill_rehearsal\".run");
  }

  @Test
  void heldBackByTheThrottleEndsAllTheSame() throws Exception {
    AtomicLong later = new AtomicLong();
    RehearsalExecution rehearsal =
        new RehearsalExecution(
            statusCode().throttle(new AboveItsLimit()).build().specification(),
            database.dataSource(),
            () -> System.nanoTime() + later.get(),
            Sleeper.system());
    FutureTask<Rehearsal> held = new FutureTask<>(() -> rehearsal.execute(1L << 29));
    Thread thread = new Thread(held, "rehearsal");
    thread.start();
    try {
      Awaitility.await("the copy to wait for its rows")
          .atMost(Duration.ofMinutes(1))
          .until(
              () ->
                  database.queryLong("select count(to_regclass('backfill_rehearsal.orders'))")
                      == 1);
      database.execute(TAKE);
      later.addAndGet(Duration.ofMinutes(3).toNanos());

      assertThatThrownBy(() -> held.get(1, TimeUnit.MINUTES))
          .hasCauseInstanceOf(RunFailedException.class)
          .hasMessageContaining("was away for longer than two minutes");
      assertUntouched();
    } finally {
      thread.interrupt();
      thread.join();
    }
  }

  /** Keeps the first batch from starting. */
  private static final class AboveItsLimit implements Signal {
    @Override
    public String name() {
      return "above";
    }

    @Override
    public double limit() {
      return 1;
    }

    @Override
    public Reading read(SignalContext context) {
      return Reading.of(2);
    }
  }
}
