package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.model.BadRows;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.RetryPolicy;
import dev.backfill.model.Strategy;
import dev.backfill.model.Stripes;
import dev.backfill.model.Timeouts;
import dev.backfill.model.Vacuum;
import dev.backfill.throttle.Throttles;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** No database is near: whatever is refused here is refused before anything is connected. */
class BackfillBuilderTest {
  private static BackfillBuilder valid() {
    return Backfill.column("orders", "status_code").type("text").value("'x'");
  }

  static Arguments bad(String names, Consumer<BackfillBuilder> option) {
    return Arguments.of(names, option);
  }

  static List<Arguments> badOptions() {
    return List.of(
        bad("where", b -> b.where(" ")),
        bad("key", BackfillBuilder::key),
        bad("key", b -> b.key("id", "")),
        bad("badRows", b -> b.badRows(BadRows.quarantine(0))),
        bad("batch: rows", b -> b.batchSize(BatchSize.fixed(0))),
        bad("batch: target", b -> b.batchSize(BatchSize.adaptive(Duration.ZERO))),
        bad("workers", b -> b.workers(0)),
        bad("workers", b -> b.workers(65)),
        bad("vacuum", b -> b.vacuum(Vacuum.run(0))),
        bad("vacuum", b -> b.vacuum(Vacuum.run(Double.NaN))),
        bad("vacuum", b -> b.vacuum(Vacuum.await(1.01))),
        bad("vacuum", b -> b.vacuum(Vacuum.await(0.1).withDeadline(Duration.ofMillis(999)))),
        bad("stripes", b -> b.stripes(Stripes.of(0))),
        bad("stripes", b -> b.stripes(Stripes.of(3))),
        bad("stripes", b -> b.stripes(Stripes.of(128))),
        bad("stripes", b -> b.stripes(Stripes.of(-8))),
        bad("maxRowsPerSecond", b -> b.maxRowsPerSecond(0)),
        bad("maxWalBytesPerSecond", b -> b.maxWalBytesPerSecond(1023)),
        bad("serverCores", b -> b.serverCores(0)),
        bad("stateSchema", b -> b.stateSchema("")),
        bad("stateSchema", b -> b.stateSchema("é".repeat(32))),
        bad("name", b -> b.name("\t")),
        bad("maxAttempts", b -> b.retry(retry(0, 50, 100))),
        bad("initialPause", b -> b.retry(retry(3, 9, 100))),
        bad("maxPause", b -> b.retry(retry(3, 50, 49))),
        bad("batchLock", b -> b.timeouts(Timeouts.defaults().withBatchLock(Duration.ZERO))),
        bad(
            "batchStatement",
            b -> b.timeouts(Timeouts.defaults().withBatchStatement(Duration.ofMillis(-1)))),
        bad(
            "idleInTransaction",
            b -> b.timeouts(Timeouts.defaults().withIdleInTransaction(Duration.ofNanos(1)))),
        bad("ddlLock", b -> b.timeouts(Timeouts.defaults().withDdlLock(Duration.ofMillis(49)))),
        bad("ddlDeadline", b -> b.timeouts(Timeouts.defaults().withDdlDeadline(Duration.ZERO))),
        bad("lease", b -> b.timeouts(Timeouts.defaults().withLease(Duration.ofMillis(999)))),
        bad("blockedByUs", b -> b.timeouts(Timeouts.defaults().withBlockedByUs(Duration.ZERO))),
        bad("replicationLag", b -> b.throttle(Throttles.replicationLag(Duration.ZERO))),
        bad("lockWaits", b -> b.throttle(Throttles.lockWaits(0))));
  }

  private static RetryPolicy retry(int attempts, long initialMillis, long maxMillis) {
    return new RetryPolicy(
        attempts, Duration.ofMillis(initialMillis), Duration.ofMillis(maxMillis));
  }

  @ParameterizedTest(name = "{0}, case {index}")
  @MethodSource("badOptions")
  void aBadOptionIsRefusedAtOnceAndNamed(String name, Consumer<BackfillBuilder> option) {
    BackfillBuilder builder = valid();

    assertThatThrownBy(() -> option.accept(builder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name);
  }

  static List<Arguments> contradictions() {
    return List.of(
        bad("dropCoverAtContract", b -> b.dropCoverAtContract().contract(Contract.none())),
        bad(
            "batchSize",
            b ->
                b.batchSize(BatchSize.adaptive(Duration.ofMillis(501)))
                    .timeouts(Timeouts.defaults().withBlockedByUs(Duration.ofMillis(500)))),
        bad("unthrottled", b -> b.unthrottled().throttle(Throttles.lockWaits(3))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("contradictions")
  void optionsThatContradictEachOtherAreRefusedWhenBuilt(
      String name, Consumer<BackfillBuilder> options) {
    BackfillBuilder builder = valid();
    options.accept(builder);

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name + ": ");
  }

  @Test
  void aJavaFunctionNeedsTheApplicationToWriteNewRows() {
    BackfillBuilder builder =
        Backfill.column("orders", "c").type("text").value(List.of("id"), row -> "x");

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("newRows: ")
        .hasMessageContaining("newRows(application())");
    assertThat(builder.newRows(NewRows.application()).build()).isNotNull();
  }

  static List<Arguments> options() {
    return List.of(
        bad("where", b -> b.where("true")),
        bad("key", b -> b.key("id")),
        bad("newRows", b -> b.newRows(NewRows.trigger())),
        bad("batchSize", b -> b.batchSize(BatchSize.fixed(1))),
        bad("workers", b -> b.workers(64)),
        bad("stripes", b -> b.stripes(Stripes.of(64))),
        bad("maxRowsPerSecond", b -> b.maxRowsPerSecond(1)),
        bad("maxWalBytesPerSecond", b -> b.maxWalBytesPerSecond(1024)),
        bad("retry", b -> b.retry(retry(1, 10, 10))),
        bad("timeouts", b -> b.timeouts(Timeouts.defaults())),
        bad("contract", b -> b.contract(Contract.manual())),
        bad("strategy", b -> b.strategy(Strategy.AUTO)),
        bad("stateSchema", b -> b.stateSchema("x".repeat(63))),
        bad("name", b -> b.name("n")),
        bad("publishedTableAcknowledged", BackfillBuilder::publishedTableAcknowledged),
        bad("dropCoverAtContract", BackfillBuilder::dropCoverAtContract),
        bad("unthrottled", BackfillBuilder::unthrottled),
        bad("serverCores", b -> b.serverCores(1)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("options")
  void anOptionMayBeSetOnce(String name, Consumer<BackfillBuilder> option) {
    BackfillBuilder builder = valid();
    option.accept(builder);
    assertThat(builder.build()).isNotNull();

    assertThatThrownBy(() -> option.accept(builder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith(name + ": ");
  }

  @Test
  void theRequiredStepsAreCheckedAtOnce() {
    assertThatThrownBy(() -> Backfill.column(" ", "c")).hasMessageStartingWith("table: ");
    assertThatThrownBy(() -> Backfill.column("a.b.c", "c"))
        .hasMessageContaining("more than one dot");
    assertThatThrownBy(() -> Backfill.column(".t", "c")).hasMessageStartingWith("schema: ");
    assertThatThrownBy(() -> Backfill.column("", "t", "c")).hasMessageStartingWith("schema: ");
    assertThatThrownBy(() -> Backfill.column("t", "c".repeat(64)))
        .hasMessageStartingWith("column: ")
        .hasMessageContaining("64 bytes");
    assertThatThrownBy(() -> Backfill.column("t", "a\0b")).hasMessageStartingWith("column: ");
    assertThatThrownBy(() -> Backfill.column("t", "c").type(" ")).hasMessageStartingWith("type: ");
    assertThatThrownBy(() -> Backfill.column("t", "c").type("int").value("\n"))
        .hasMessageStartingWith("value: ");
    assertThatThrownBy(() -> Backfill.column("t", "c").type("int").constant(new Object()))
        .hasMessageContaining("java.lang.Object");
    assertThatThrownBy(() -> Backfill.column("t", "c").type("int").value(List.of(), row -> 1))
        .hasMessageStartingWith("value: ");
  }

  @Test
  void whatWasBuiltDoesNotChangeWithItsBuilder() {
    BackfillBuilder builder = valid();
    BackfillDefinition before = builder.build();
    builder.workers(7);

    assertThat(before.specification().options().workers()).isEqualTo(1);
    assertThat(builder.build().specification().options().workers()).isEqualTo(7);
    assertThat(before).hasToString("backfill of orders.status_code");
  }
}
