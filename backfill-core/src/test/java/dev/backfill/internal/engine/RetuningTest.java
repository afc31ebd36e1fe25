package dev.backfill.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.Backfill;
import dev.backfill.model.RunFailedException;
import dev.backfill.throttle.Throttles;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetuningTest {
  private final List<String> written = new ArrayList<>();
  private final Retuning retuning =
      new Retuning(
          Backfill.column("orders", "code")
              .type("int")
              .value("1")
              .throttle(Throttles.replicationLag(Duration.ofSeconds(5)))
              .build()
              .specification());

  @Test
  void whatIsAskedBeforeTheRunHasItsRowIsWrittenThen() throws Exception {
    retuning.ask("workers", 2);
    retuning.ask("workers", 3);
    assertThat(written).isEmpty();

    retuning.begin((setting, value) -> written.add(setting + " " + value));
    retuning.ask("replication-lag", 10);

    assertThat(written).containsExactly("workers 3.0", "replication-lag 10.0");
  }

  @Test
  void refusesWhatTheRunDoesNotHave() {
    assertThatThrownBy(() -> retuning.ask("lag", 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no setting lag")
        .hasMessageContaining("replication-lag");
    assertThatThrownBy(() -> retuning.ask("workers", 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("above 0");
    assertThatThrownBy(() -> retuning.ask("workers", Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRunThatHasEndedTakesNothing() {
    retuning.end();

    assertThatThrownBy(() -> retuning.ask("workers", 2)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void saysThatAFailedChangeWasNotMade() throws Exception {
    retuning.begin(
        (setting, value) -> {
          throw new SQLException("connection refused");
        });

    assertThatThrownBy(() -> retuning.ask("workers", 2))
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("not changed")
        .hasMessageContaining("Try again");
  }
}
