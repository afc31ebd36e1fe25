package dev.backfill.internal.vacuum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.model.Vacuum;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose turn it is: one worker looks at a table, and does not come back from the database. */
class VacuumingTest {
  private static final long ROWS = 8_000;
  private static final Leaf LOOKED_AT = leaf(1);
  private static final Leaf ANOTHER = leaf(2);

  private final AtomicInteger rests = new AtomicInteger();
  private final CountDownLatch looking = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final Vacuuming vacuuming =
      new Vacuuming("run", Vacuum.run(1), new Counting(), event -> {}, () -> 0);
  private final Thread looks = new Thread(this::look, "looks");

  private final class Counting implements Vacuuming.Holding {
    @Override
    public boolean rest(Duration duration) {
      return rests.incrementAndGet() < 3;
    }

    @Override
    public boolean wanted() {
      return true;
    }
  }

  private static Leaf leaf(long oid) {
    return new Leaf(oid, "public", "leaf" + oid, 'r', ROWS, 100, 100, oid);
  }

  private static Connection connection(Runnable onUse) {
    return (Connection)
        Proxy.newProxyInstance(
            VacuumingTest.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              onUse.run();
              throw new IllegalStateException("looked");
            });
  }

  private static Connection saysThatItWasUsed() {
    return connection(() -> {});
  }

  @BeforeEach
  void somebodyLooks() throws InterruptedException {
    vacuuming.moved(LOOKED_AT, ROWS / 8);
    looks.start();
    looking.await();
  }

  private void look() {
    assertThatThrownBy(
            () ->
                vacuuming.betweenBatches(
                    connection(
                        () -> {
                          looking.countDown();
                          await(mayEnd);
                        }),
                    LOOKED_AT))
        .hasStackTraceContaining("looked");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void comesBack() throws InterruptedException {
    mayEnd.countDown();
    looks.join();
  }

  @Test
  void workersAtAnotherTableAreNotHeld() {
    vacuuming.moved(ANOTHER, ROWS);

    assertThatThrownBy(() -> vacuuming.betweenBatches(saysThatItWasUsed(), ANOTHER))
        .hasStackTraceContaining("looked");
    assertThat(rests).hasValue(0);
  }

  @Test
  void whoOnlyHasToMarkIsNotHeld() throws Exception {
    vacuuming.betweenBatches(saysThatItWasUsed(), LOOKED_AT);

    assertThat(rests).hasValue(0);
  }

  @Test
  void atItsBoundTheOthersAtTheTableAreHeldUntilTheRunIsToPauseOrToEnd() throws Exception {
    vacuuming.moved(LOOKED_AT, ROWS);

    vacuuming.betweenBatches(saysThatItWasUsed(), LOOKED_AT);

    assertThat(rests).hasValue(3);
  }
}
