package dev.backfill.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.checkpoint.WindowStore.Totals;
import dev.backfill.model.Phase;
import dev.backfill.model.Progress;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ProgressMeterTest {
  private static final String RUN = "orders.status_code";

  private long now;
  private final ProgressMeter meter = new ProgressMeter(() -> now);

  @Test
  @DisplayName("Says what it waits for, and for how long, while the figures move")
  void waits() {
    meter.throttled("replication-lag", "replication-lag 6 s, limit 5 s");
    after(4);
    meter.throttled("replication-lag", "replication-lag 9 s, limit 5 s");
    after(1);

    assertThat(meter.now().waitingFor()).contains("replication-lag 9 s, limit 5 s");
    assertThat(meter.now().waited()).contains(Duration.ofSeconds(5));
  }

  @Test
  void anotherSignalIsAnotherWait() {
    meter.throttled("replication-lag", "replication-lag 6 s, limit 5 s");
    after(4);
    meter.throttled("lock-waits", "lock-waits 12, limit 10");

    assertThat(meter.now().waited()).contains(Duration.ZERO);
  }

  @Test
  @DisplayName("Batches in flight that commit do not end the wait")
  void batchesInFlight() {
    begin(0);
    meter.throttled("replication-lag", "replication-lag 6 s, limit 5 s");
    meter.on(committed(100));

    assertThat(meter.now().waitingFor()).isPresent();
    meter.released();
    assertThat(meter.now().waitingFor()).isEmpty();
    assertThat(meter.now().waited()).isEmpty();
  }

  @Test
  @DisplayName("What the throttle says does not hide a lock that is waited for")
  void waitsForLock() {
    meter.on(new BackfillEvent.DdlWaiting(RUN, "alter table", "pid 7"));
    meter.released();

    assertThat(meter.now().waitingFor()).contains("lock held by pid 7");
    meter.on(new BackfillEvent.DdlExecuted(RUN, "alter table", Duration.ZERO));
    assertThat(meter.now().waitingFor()).isEmpty();
  }

  @Test
  @DisplayName("The end of one table's vacuum does not end the wait for another's")
  void waitsForVacuum() {
    meter.on(new BackfillEvent.VacuumAwaited(RUN, "a", 7, "autovacuum"));
    meter.on(new BackfillEvent.VacuumSkipped(RUN, "b", 7, "off"));
    meter.on(new BackfillEvent.Vacuumed(RUN, "b", "autovacuum", Duration.ZERO));

    assertThat(meter.now().waitingFor())
        .contains("vacuum of table a by autovacuum, for its 7 dead rows");
    meter.on(new BackfillEvent.VacuumSkipped(RUN, "a", 7, "broken off"));
    assertThat(meter.now().waitingFor()).isEmpty();
  }

  @Test
  void pausedByRequest() {
    meter.paused("resume() of its handle, which paused it");
    assertThat(meter.now().waitingFor()).get().asString().contains("paused");

    meter.on(new BackfillEvent.RunResumed(RUN));
    assertThat(meter.now().waitingFor()).isEmpty();
  }

  @Test
  @DisplayName("A resumed run begins where the last start ended")
  void resumed() {
    begin(500);

    assertThat(meter.now().fraction()).isEqualTo(0.5);
    meter.on(committed(250));
    Progress progress = meter.now();
    assertThat(progress.fraction()).isEqualTo(0.75);
    assertThat(progress.rowsFilled()).isEqualTo(750);
  }

  @Test
  @DisplayName("Old statistics: not complete before it is, and never back")
  void oldStatistics() {
    begin(0);
    meter.on(committed(5_000));

    assertThat(meter.now().fraction()).isEqualTo(0.999);
    meter.on(new BackfillEvent.PhaseChanged(RUN, Phase.CONTRACT));
    assertThat(meter.now().fraction()).isEqualTo(1);
  }

  private void begin(long before) {
    meter.begin(RUN, 1_000, new Totals(1, before, 0, 1), 0);
    meter.on(new BackfillEvent.PhaseChanged(RUN, Phase.BACKFILL));
    meter.on(new BackfillEvent.WindowClaimed(RUN, 1, "orders", 1));
  }

  private BackfillEvent committed(long rows) {
    after(1);
    return new BackfillEvent.BatchCommitted(
        RUN, 1, 0, rows, rows, 0, rows * 300, Duration.ofSeconds(1));
  }

  private void after(int seconds) {
    now += Duration.ofSeconds(seconds).toNanos();
  }
}
