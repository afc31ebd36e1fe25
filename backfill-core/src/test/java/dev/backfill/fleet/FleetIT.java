package dev.backfill.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.backfill.Backfill;
import dev.backfill.BackfillDefinition;
import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BatchSize;
import dev.backfill.testing.PrivateServer;
import dev.backfill.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Two servers, with three databases on the first. */
@TestInstance(Lifecycle.PER_CLASS)
class FleetIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int ROWS = 3_000;

  private PrivateServer first;
  private PrivateServer second;
  private List<TestDatabase> onFirst;
  private TestDatabase onSecond;

  @BeforeAll
  void startServers() {
    first = PrivateServer.start();
    second = PrivateServer.start();
    onFirst = IntStream.range(0, 3).mapToObj(i -> first.database()).toList();
    onSecond = second.database();
  }

  @AfterAll
  void stopServers() {
    second.close();
    first.close();
  }

  @BeforeEach
  void freshTables() {
    for (TestDatabase database : databases()) {
      database.execute(
          "drop table if exists orders cascade", "drop schema if exists backfill cascade");
      database.ordersTable(ROWS);
    }
  }

  private List<TestDatabase> databases() {
    return List.of(onFirst.get(0), onFirst.get(1), onFirst.get(2), onSecond);
  }

  private static BackfillDefinition definition() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .batchSize(BatchSize.fixed(100))
        .build();
  }

  private BackfillFleet fleet(BackfillDefinition definition) {
    BackfillFleet fleet = BackfillFleet.of(definition);
    for (int i = 0; i < 3; i++) {
      fleet = fleet.shard("first-" + i, onFirst.get(i).dataSource());
    }
    return fleet.shard("second", onSecond.dataSource());
  }

  private static long unfilled(TestDatabase database) {
    return database.queryLong("select count(*) from orders where status_code is null");
  }

  @Test
  void fillsEveryShard() {
    FleetResult result = fleet(definition()).run();

    assertThat(result.complete()).isTrue();
    assertThat(result.states()).containsOnlyKeys("first-0", "first-1", "first-2", "second");
    assertThat(result.results().values()).allMatch(r -> r.rows() == ROWS && r.notNull());
    assertThat(databases()).allMatch(d -> unfilled(d) == 0);
  }

  @Test
  void runsShardsOfOneServerOneAfterTheOtherAndServersSideBySide() throws Exception {
    AtomicInteger atWork = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch both = new CountDownLatch(2);
    BackfillDefinition watched =
        definition()
            .with(
                event -> {
                  if (event instanceof BackfillEvent.RunStarted) {
                    most.accumulateAndGet(atWork.incrementAndGet(), Math::max);
                    both.countDown();
                    awaitQuietly(both);
                  } else if (event instanceof BackfillEvent.RunEnded) {
                    atWork.decrementAndGet();
                  }
                });

    assertThat(fleet(watched).parallelism(4).run().complete()).isTrue();
    assertThat(most).as("runs at the same time on two servers").hasValue(2);
  }

  /** Holds the first run until the one on the other server has begun too. */
  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void oneAtATimeWhenTold() {
    AtomicInteger atWork = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    BackfillDefinition watched =
        definition()
            .with(
                event -> {
                  if (event instanceof BackfillEvent.RunStarted) {
                    most.accumulateAndGet(atWork.incrementAndGet(), Math::max);
                  } else if (event instanceof BackfillEvent.RunEnded) {
                    atWork.decrementAndGet();
                  }
                });

    assertThat(fleet(watched).parallelism(1).run().complete()).isTrue();
    assertThat(most).hasValue(1);
  }

  @Test
  void aShardThatFailsStopsNoOther() {
    onFirst.get(0).execute("drop table orders");
    BackfillFleet fleet = fleet(definition());

    FleetResult result = fleet.run();

    assertThat(result.complete()).isFalse();
    assertThat(result.failures()).containsOnlyKeys("first-0");
    assertThat(result.failures().get("first-0")).hasMessageContaining("orders");
    assertThat(result.results()).containsOnlyKeys("first-1", "first-2", "second");

    onFirst.get(0).ordersTable(ROWS);
    assertThat(fleet.run().complete()).isTrue();
    assertThat(unfilled(onFirst.get(0))).isZero();
  }

  @Test
  void aServerThatIsDownStopsNoOther() {
    second.stop();
    try {
      FleetResult result = fleet(definition()).run();

      assertThat(result.states()).containsEntry("second", ShardState.FAILED);
      assertThat(result.failures().get("second"))
          .hasMessageContaining("Shard second could not be reached")
          .hasMessageContaining("Start the fleet again");
      assertThat(onFirst).allMatch(d -> unfilled(d) == 0);
    } finally {
      second.restart();
    }
    // A pooler between may take some time to see that it is back.
    await().atMost(PATIENCE).until(() -> fleet(definition()).run().complete());
  }

  @Test
  void isStoppedAndGoesOn() throws Exception {
    CountDownLatch filled = new CountDownLatch(3);
    BackfillDefinition watched =
        definition()
            .with(
                event -> {
                  if (event instanceof BackfillEvent.BatchCommitted) {
                    filled.countDown();
                  }
                });
    try (FleetRun run = fleet(watched).start()) {
      assertThat(filled.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      run.pause();
      FleetProgress held = run.progress();
      assertThat(held.fraction()).isGreaterThan(0).isLessThan(1);
      assertThat(held.rowsFilled()).isGreaterThanOrEqualTo(300);
      assertThat(held.count(ShardState.WAITING)).isPositive();
      run.stop();
      FleetResult stopped = run.await(PATIENCE).orElseThrow();
      assertThat(stopped.states()).containsEntry("first-2", ShardState.STOPPED);
    }
    assertThat(fleet(definition()).run().complete()).isTrue();
    assertThat(databases()).allMatch(d -> unfilled(d) == 0);
  }

  @Test
  void isPausedAndGoesOn() throws Exception {
    try (FleetRun run = fleet(definition()).start()) {
      run.pause();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  run.progress().shards().stream()
                      .flatMap(shard -> shard.run().stream())
                      .allMatch(progress -> progress.waitingFor().isPresent()));
      assertThat(run.completion()).isNotDone();
      run.resume();
      assertThat(run.await(PATIENCE).orElseThrow().complete()).isTrue();
    }
  }

  @Test
  void refusesBadInput() {
    BackfillFleet fleet = BackfillFleet.of(definition());
    assertThatThrownBy(fleet::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no shard");
    assertThatThrownBy(() -> fleet.shard(" ", onSecond.dataSource()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("blank");
    assertThatThrownBy(() -> fleet(definition()).shard("second", onSecond.dataSource()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two named second");
    assertThatThrownBy(() -> fleet.parallelism(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("parallelism");
  }
}
