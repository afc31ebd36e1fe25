package dev.backfill.internal.vacuum;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.internal.postgres.OldestSnapshot.Horizon;
import dev.backfill.internal.postgres.VacuumStatistics;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TableStateTest {
  private static final Horizon HORIZON = new Horizon(100, 100);

  private final TableState state = new TableState(new DeadRows(800));

  private static VacuumStatistics vacuums(long count) {
    return new VacuumStatistics(count, 50, 500, true, false, false);
  }

  @Test
  void aWaitThatWasGivenUpBeginsAnewOnceSomebodyHasVacuumed() {
    state.moved(1_000);
    assertThat(state.counted(HORIZON, vacuums(3))).isEqualTo(1_000);
    state.waited(Duration.ofMinutes(10));
    state.giveUp();
    assertThat(state.tellsFirst()).isTrue();
    assertThat(state.tellsFirst()).isFalse();

    assertThat(state.counted(HORIZON, vacuums(3))).isEqualTo(1_000);
    assertThat(state.givenUp()).isTrue();

    assertThat(state.counted(HORIZON, vacuums(4))).isEqualTo(50);
    assertThat(state.givenUp()).isFalse();
    assertThat(state.waited()).isZero();
    assertThat(state.rows()).isEqualTo(50);
    assertThat(state.tellsFirst()).isTrue();
  }

  @Test
  void waitsThatWereBrokenOffAreOneForTheDeadline() {
    state.waited(Duration.ofSeconds(4));
    state.waited(Duration.ofSeconds(3));

    assertThat(state.waited()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void isNotLookedAtBeforeItsTime() {
    state.moved(800);
    assertThat(state.due(0)).isTrue();
    state.lookAgainAt(30);

    assertThat(state.due(29)).isFalse();
    assertThat(state.due(30)).isTrue();
  }
}
