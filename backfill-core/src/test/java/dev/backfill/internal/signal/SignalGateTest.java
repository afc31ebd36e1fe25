package dev.backfill.internal.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.backfill.throttle.Reading;
import dev.backfill.throttle.Signal;
import dev.backfill.throttle.SignalContext;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SignalGateTest {
  private final List<String> notices = new ArrayList<>();
  private final List<String> called = new ArrayList<>();
  private final SignalContext context = new SignalContext(connection(), List.of(), 0);
  private final Scripted signal = new Scripted();
  private final SignalGate gate = new SignalGate(signal, notices::add, new DrivenClock());

  @Test
  void nothingStartsBeforeTheFirstReading() throws Exception {
    assertThat(gate.shut()).get().extracting(Hold::detail).isEqualTo("it is not read yet");

    read(Reading.of(1));
    assertThat(gate.shut()).isEmpty();
  }

  @Test
  void showsWhoseValueItIsWhileItIsShut() throws Exception {
    read(Reading.of(12, "slot a"));
    assertThat(gate.shut()).get().isEqualTo(new Hold("mine", 12, 10, "jobs", "slot a"));

    read(Reading.of(14, "slot b"));
    assertThat(gate.shut().orElseThrow().describe())
        .isEqualTo("mine 14 jobs, limit 10 jobs: slot b");
    assertThat(notices).isEmpty();
  }

  @Test
  @DisplayName("S6: why a signal cannot be read is said when it begins, not at every reading")
  void unreadableIsSaidOnce() throws Exception {
    read(Reading.unknown("no right"));
    read(Reading.unknown("no right"));
    assertThat(notices)
        .singleElement()
        .asString()
        .contains("mine cannot be read: no right")
        .contains("goes on as it was");
    assertThat(gate.shut()).isEmpty();
    assertThat(gate.describe()).contains("limit 10 jobs").contains("no right");

    read(Reading.of(1));
    read(Reading.unknown("no right"));
    assertThat(notices).hasSize(2);
  }

  @Test
  @DisplayName("S6: what a value does not tell is said when it begins")
  void caveatsAreSaidOnce() throws Exception {
    read(Reading.atLeast(1, "", "3 sessions are hidden"));
    read(Reading.atLeast(2, "", "4 sessions are hidden"));
    assertThat(notices).singleElement().asString().contains("3 sessions are hidden");
    assertThat(gate.shut()).isEmpty();
  }

  @Test
  void aRateThatHasJustBegunIsNoNews() throws Exception {
    read(Reading.pending());

    assertThat(notices).isEmpty();
    assertThat(gate.shut()).isEmpty();
  }

  @Test
  void whatMustBeReadableShutsTheGateWhileItIsNot() throws Exception {
    signal.required = true;
    read(Reading.pending());
    assertThat(gate.shut()).get().extracting(Hold::detail).isEqualTo("it has no value yet");

    for (int calm = 0; calm < 3; calm++) {
      read(Reading.of(0));
    }
    assertThat(gate.shut()).isEmpty();
  }

  @Test
  void codeThatThrowsCountsAsUnreadable() {
    signal.script =
        c -> {
          throw new IllegalStateException("broken");
        };

    assertThatThrownBy(() -> gate.read(context))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("broken");
    assertThat(called).isEmpty();
  }

  @Test
  void codeThatReturnsNothingCountsAsUnreadable() {
    signal.script = c -> null;

    assertThatThrownBy(() -> gate.read(context))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("read() returned null");
  }

  @Test
  void codeThatHangsLosesItsConnectionAndIsNotCalledAgainUntilItReturns() throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    AtomicInteger calls = new AtomicInteger();
    signal.script =
        c -> {
          calls.incrementAndGet();
          awaitUninterrupted(answered);
          return Reading.of(1);
        };
    BoundedReader reader = new BoundedReader(signal, Duration.ofMillis(50));

    assertThatThrownBy(() -> reader.read(context))
        .isInstanceOf(BoundedReader.HangsException.class)
        .hasMessageContaining("not answered within 50 ms");
    assertThat(called).containsExactly("abort");
    assertThatThrownBy(() -> reader.read(context)).isInstanceOf(BoundedReader.HangsException.class);
    assertThat(called).as("nothing is at work on the next connection").containsExactly("abort");
    assertThat(calls).hasValue(1);

    answered.countDown();
    signal.script = c -> Reading.of(3);
    await().until(() -> readable(reader));
  }

  @Test
  void readingIsNotLeftHalfWayByAnInterrupt() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    signal.script =
        c -> {
          begun.countDown();
          awaitUninterrupted(answer);
          return Reading.of(1);
        };
    List<Object> outcome = new ArrayList<>();
    Thread monitor =
        new Thread(
            () -> {
              try {
                outcome.add(new BoundedReader(signal, Duration.ofMinutes(2)).read(context));
              } catch (SQLException e) {
                outcome.add(e);
              }
              outcome.add(Thread.currentThread().isInterrupted());
            });
    monitor.start();
    begun.await();
    monitor.interrupt();
    answer.countDown();
    monitor.join();

    assertThat(outcome).containsExactly(Reading.of(1), true);
  }

  private boolean readable(BoundedReader reader) {
    try {
      return reader.read(context).equals(Reading.of(3));
    } catch (SQLException e) {
      return false;
    }
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    boolean done = false;
    while (!done) {
      try {
        latch.await();
        done = true;
      } catch (InterruptedException e) {
        // A signal that takes no notice.
        done = false;
      }
    }
  }

  private void read(Reading reading) throws SQLException {
    signal.script = c -> reading;
    gate.read(context);
  }

  private Connection connection() {
    return (Connection)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              called.add(method.getName());
              return null;
            });
  }

  private static final class Scripted implements Signal {
    private interface Script {
      Reading read(SignalContext context) throws SQLException;
    }

    private volatile Script script = c -> Reading.pending();
    private boolean required;

    @Override
    public String name() {
      return "mine";
    }

    @Override
    public double limit() {
      return 10;
    }

    @Override
    public String unit() {
      return "jobs";
    }

    @Override
    public boolean mustBeReadable() {
      return required;
    }

    @Override
    public Reading read(SignalContext context) throws SQLException {
      return script.read(context);
    }
  }
}
