package dev.backfill.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ThrottlesTest {
  static Stream<Arguments> badLimits() {
    return Stream.of(
        bad(() -> Throttles.lockWaits(0), "lockWaits", "0"),
        bad(() -> Throttles.lockWaitsInDatabase(-1), "lockWaitsInDatabase", "-1"),
        bad(() -> Throttles.slotRetainedWal(0), "slotRetainedWal", "0"),
        bad(() -> Throttles.archiverBacklog(-5), "archiverBacklog", "-5"),
        bad(() -> Throttles.oldestSnapshot(Duration.ZERO), "oldestSnapshot", "PT0S"),
        bad(() -> Throttles.activeSessions(0), "activeSessions", "0"),
        bad(() -> Throttles.deadTuples(0), "deadTuples", "0"),
        bad(() -> Throttles.deadTupleShare(0), "deadTupleShare", "0.0"),
        bad(() -> Throttles.deadTupleShare(1.5), "deadTupleShare", "1.5"),
        bad(() -> Throttles.deadTupleShare(Double.NaN), "deadTupleShare", "NaN"),
        bad(() -> Throttles.walRate(-1), "walRate", "-1"),
        bad(() -> Throttles.replicationLag(Duration.ofSeconds(-1)), "replicationLag", "PT-1S"),
        bad(() -> Throttles.query("load", "select 1", 0), "query load", "0.0"),
        bad(
            () -> Throttles.query("load", "select 1", Double.POSITIVE_INFINITY),
            "query load",
            "Infinity"),
        bad(() -> Throttles.query(" ", "select 1", 1), "query", "name is blank"),
        bad(() -> Throttles.query("load", " ", 1), "query load", "SQL is blank"));
  }

  private static Arguments bad(Supplier<Throttle> factory, String name, String value) {
    return arguments(name, value, factory);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("badLimits")
  void badLimitsAreRefusedByTheirFactory(String name, String value, Supplier<Throttle> factory) {
    assertThatThrownBy(factory::get)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(value);
  }

  @Test
  void allMayBeWatchedTogether() {
    List<Throttle> all =
        List.of(
            Throttles.replicationLag(Duration.ofSeconds(1)),
            Throttles.lockWaits(1),
            Throttles.lockWaitsInDatabase(1),
            Throttles.slotRetainedWal(1),
            Throttles.archiverBacklog(1),
            Throttles.oldestSnapshot(Duration.ofMillis(1)),
            Throttles.activeSessions(1),
            Throttles.deadTuples(1),
            Throttles.deadTupleShare(1),
            Throttles.walRate(1),
            Throttles.hours(ZoneOffset.UTC, LocalTime.MIN, LocalTime.NOON),
            Throttles.query("mine", "select 1", 1, "jobs"));

    Throttling throttling = throttling(all.toArray(Throttle[]::new));

    assertThat(throttling.throttles()).hasSameSizeAs(all);
    assertThat(all).extracting(Throttle::name).doesNotHaveDuplicates();
  }

  @Test
  void namesOfOtherSettingsAreTaken() {
    assertThatThrownBy(() -> throttling(Throttles.query("workers", "select 1", 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("workers")
        .hasMessageContaining("another setting");
  }

  @Test
  void aReleaseAboveTheLimitContradictsIt() {
    Signal contradicting =
        new Signal() {
          @Override
          public String name() {
            return "mine";
          }

          @Override
          public double limit() {
            return 5;
          }

          @Override
          public double release() {
            return 6;
          }

          @Override
          public Reading read(SignalContext context) {
            return Reading.pending();
          }
        };

    assertThatThrownBy(() -> throttling(contradicting))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mine")
        .hasMessageContaining("5.0")
        .hasMessageContaining("6.0");
  }

  @Test
  void aReadingIsNeverNaN() {
    assertThatThrownBy(() -> Reading.of(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("unknown(why)");
  }

  private static Throttling throttling(Throttle... throttles) {
    return new Throttling(List.of(throttles), false, OptionalLong.empty(), OptionalLong.empty());
  }
}
