package dev.backfill.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.Phase;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RehearsalClockTest {
  private static final String RUN = "orders.status_code";

  private long seconds;
  private long wal;
  private final RehearsalClock clock =
      new RehearsalClock(() -> Duration.ofSeconds(seconds).toNanos(), () -> wal);

  private void at(long second, BackfillEvent event) {
    seconds = second;
    clock.onEvent(event);
  }

  private static BackfillEvent phase(Phase phase) {
    return new BackfillEvent.PhaseChanged(RUN, phase);
  }

  private static BackfillEvent ddl(String sql, int seconds) {
    return new BackfillEvent.DdlExecuted(RUN, sql, Duration.ofSeconds(seconds));
  }

  @Test
  void tellsWhatGrowsWithTheTableFromWhatIsDoneOnce() {
    at(1, phase(Phase.EXPAND));
    at(4, ddl("alter table orders add column status_code text", 3));
    wal = 100;
    at(5, phase(Phase.BACKFILL));
    at(7, new BackfillEvent.WindowClaimed(RUN, 1, "orders", 8));
    at(8, new BackfillEvent.BatchCommitted(RUN, 1, 0, 10, 10, 9, 0, Duration.ZERO));
    at(17, new BackfillEvent.BatchCommitted(RUN, 1, 1, 20, 20, 20, 0, Duration.ZERO));
    wal = 700;
    at(18, phase(Phase.CONTRACT));
    at(22, ddl("alter table orders add constraint c check (status_code is not null) not valid", 2));
    at(26, ddl("alter table orders validate constraint c", 4));
    wal = 750;
    at(30, phase(Phase.DONE));

    assertThat(clock.windows()).as("7 to 17").isEqualTo(Duration.ofSeconds(10));
    assertThat(clock.growing()).as("and 18 to 30 without 2").isEqualTo(Duration.ofSeconds(20));
    assertThat(clock.once()).isEqualTo(Duration.ofSeconds(10));
    assertThat(clock.growingWal(999)).as("100 to 750").isEqualTo(650);
    assertThat(clock.filled()).isEqualTo(30);
    assertThat(clock.windowRows()).isEqualTo(30);
  }

  @Test
  void ofARunThatFillsNothingAllIsDoneOnce() {
    at(1, phase(Phase.BACKFILL));
    at(5, phase(Phase.CONTRACT));
    at(5, phase(Phase.DONE));

    assertThat(clock.growing()).isZero();
    assertThat(clock.once()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void whatTheServerDidNotTellIsTakenForGrowing() {
    at(1, phase(Phase.BACKFILL));

    assertThat(clock.growingWal(999)).isEqualTo(999);
  }
}
