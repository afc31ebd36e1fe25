package dev.backfill.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.RetryPolicy;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How often a server that is down is asked; that it comes back is tested on a real one. */
class OutagesTest {
  private static final Duration DOWN_FOR = Duration.ofMinutes(10);

  private final List<BackfillEvent> events = new ArrayList<>();
  private final List<Long> askedAt = new ArrayList<>();
  private String sqlState = "08001";
  private long now;

  private Outages outages(Control control) {
    return new Outages(
        "run",
        refusing(),
        RetryPolicy.defaults(),
        control,
        events::add,
        () -> now,
        slept -> now += slept.toNanos());
  }

  private DataSource refusing() {
    return (DataSource)
        Proxy.newProxyInstance(
            OutagesTest.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              askedAt.add(now);
              throw new SQLException("no", sqlState);
            });
  }

  private void stopAfter(Duration time) {
    if (now >= time.toNanos()) {
      throw new Control.StopRequested();
    }
  }

  @Test
  @DisplayName("E3: a server that is down is asked in pauses that grow up to the policy's longest")
  void asksLessAndLess() {
    Outages outages = outages(() -> stopAfter(DOWN_FOR));

    assertThatThrownBy(outages::await).isInstanceOf(Control.StopRequested.class);

    assertThat(outages.open()).isTrue();
    // Three at once; then at 0.5, 1, 2, 4, 8 and every 10 s, each up to 30 % more or less.
    assertThat(askedAt).hasSizeBetween(50, 100);
    long last = askedAt.get(askedAt.size() - 1) - askedAt.get(askedAt.size() - 2);
    assertThat(Duration.ofNanos(last)).isBetween(Duration.ofSeconds(6), Duration.ofSeconds(14));
  }

  @Test
  @DisplayName("S6: an outage is told once")
  void tellsOnce() {
    Outages outages = outages(() -> stopAfter(DOWN_FOR));

    assertThatThrownBy(outages::await).isInstanceOf(Control.StopRequested.class);

    assertThat(events).hasSize(1).first().isInstanceOf(BackfillEvent.ServerLost.class);
    outages.worked();
    outages.worked();
    assertThat(events)
        .hasSize(2)
        .last()
        .isEqualTo(new BackfillEvent.ServerBack("run", Duration.ofNanos(now)));
  }

  @Test
  @DisplayName("E3: sessions of the pool that ended with the lost one are not taken for the server")
  void staleSessions() {
    sqlState = "57P01";
    Outages outages =
        outages(
            () -> {
              if (askedAt.size() == 2) {
                sqlState = "25006";
              }
              stopAfter(DOWN_FOR);
            });

    assertThatThrownBy(outages::await).isInstanceOf(Control.StopRequested.class);

    assertThat(events)
        .singleElement()
        .isInstanceOfSatisfying(
            BackfillEvent.ServerLost.class, lost -> assertThat(lost.sqlState()).hasValue("25006"));
  }

  @Test
  @DisplayName("E3: a server that ends every session is told, once the breaker opens")
  void endsEverySession() {
    sqlState = "57P01";
    Outages outages = outages(() -> stopAfter(Duration.ofSeconds(1)));

    assertThatThrownBy(outages::await).isInstanceOf(Control.StopRequested.class);

    assertThat(events).singleElement().isInstanceOf(BackfillEvent.ServerLost.class);
  }
}
