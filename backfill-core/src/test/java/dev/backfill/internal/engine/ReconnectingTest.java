package dev.backfill.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.batch.Outages;
import dev.backfill.model.RetryPolicy;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is told of a server that is there and has not what the work takes. */
class ReconnectingTest {
  private final List<BackfillEvent> events = new ArrayList<>();
  private long now;
  private int attempts;

  @Test
  @DisplayName("S6: a server that lacks something is told once, and once that it has it again")
  void tellsOnce() throws Exception {
    Outages outages =
        new Outages(
            "run",
            server(),
            RetryPolicy.defaults(),
            () -> {},
            events::add,
            () -> now,
            slept -> now += slept.toNanos());

    new Reconnecting(server(), RetryPolicy.defaults(), outages, () -> now)
        .run(
            connection -> {
              if (++attempts < 5) {
                throw new SQLException("could not extend file", "53100");
              }
            });

    assertThat(attempts).isEqualTo(5);
    assertThat(events)
        .hasSize(2)
        .first()
        .isInstanceOfSatisfying(
            BackfillEvent.ServerLost.class, lost -> assertThat(lost.sqlState()).hasValue("53100"));
    assertThat(events).last().isEqualTo(new BackfillEvent.ServerBack("run", Duration.ofNanos(now)));
  }

  /** Gives out connections that are only borrowed and given back. */
  private static DataSource server() {
    return proxy(
        DataSource.class,
        method ->
            proxy(
                Connection.class, call -> call.equals("getAutoCommit") || call.equals("isClosed")));
  }

  private interface Answers {
    Object to(String method);
  }

  private static <T> T proxy(Class<T> type, Answers answers) {
    return type.cast(
        Proxy.newProxyInstance(
            ReconnectingTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                method.getReturnType() == void.class ? null : answers.to(method.getName())));
  }
}
