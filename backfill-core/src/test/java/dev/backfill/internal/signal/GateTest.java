package dev.backfill.internal.signal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class GateTest {
  private final DrivenClock clock = new DrivenClock();
  private final Gate gate = new Gate("lag", 10, 5, clock);

  @Test
  void isOpenBelowTheLimitAndShutFromThere() {
    assertThat(gate.read(9.99)).isTrue();
    assertThat(gate.read(10)).isFalse();
  }

  @Test
  void opensAfterThreeCalmReadingsInARow() {
    gate.read(12);

    assertThat(gate.read(5)).isFalse();
    assertThat(gate.read(5)).isFalse();
    assertThat(gate.read(5.1)).as("not calm: counting starts again").isFalse();
    assertThat(gate.read(0)).isFalse();
    assertThat(gate.read(0)).isFalse();
    assertThat(gate.read(0)).isTrue();
  }

  @Test
  void tellsValueLimitAndSinceWhen() {
    clock.advance(5);
    gate.read(12);
    clock.advance(5);
    gate.read(14);

    assertThat(gate.state()).isEqualTo(new Gate.State("lag", false, 14, 10, 5, 5));
  }

  @Test
  @DisplayName("S4: what must be known and cannot be read shuts the gate")
  void failsClosed() {
    assertThat(gate.unreadable(true)).isFalse();
    assertThat(gate.state().value()).isNaN();
    gate.read(1);
    gate.read(1);
    assertThat(gate.read(1)).isTrue();
    assertThat(gate.read(Double.NaN)).isFalse();
  }

  @Test
  void otherwiseAGateThatCannotBeReadStaysAsItIs() {
    assertThat(gate.unreadable(false)).isTrue();
    gate.read(11);
    gate.read(1);
    gate.read(1);
    assertThat(gate.unreadable(false)).isFalse();
    assertThat(gate.read(1)).as("calm readings in a row").isFalse();
  }

  @Test
  void anotherLimitTakesTheReleaseWithIt() {
    gate.retune(4);

    assertThat(gate.read(4)).isFalse();
    assertThat(gate.state().release()).isEqualTo(2);
    gate.read(2);
    gate.read(2);
    assertThat(gate.read(2)).isTrue();
  }

  @Test
  void anythingBeyondTheLimitShutsIt() {
    assertThat(gate.read(Double.POSITIVE_INFINITY)).isFalse();
  }

  @Test
  void aLimitOfZeroCanBeReleasedOnlyByZero() {
    Gate none = new Gate("waiters", 0, 0, clock);
    none.retune(2);

    assertThat(none.state().release()).isZero();
  }
}
