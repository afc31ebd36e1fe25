package dev.backfill.internal.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.Backfill;
import dev.backfill.BackfillDefinition;
import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.VerificationRow.Compared;
import dev.backfill.internal.checkpoint.VerificationStore;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.signal.BatchReport;
import dev.backfill.internal.signal.Pace;
import dev.backfill.internal.verify.VerificationWork;
import dev.backfill.internal.verify.Verifier;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.Row;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@PostgresTest
class ComputedVerificationIT {
  private static final Duration LEASE = Duration.ofMinutes(1);

  TestDatabase database;

  /** A clock that goes on while the function computes, and at no other time. */
  private final AtomicLong clock = new AtomicLong();

  private final List<Duration> serverTimes = new ArrayList<>();

  private final BackfillDefinition definition =
      Backfill.column("t", "d")
          .type("int")
          .value(List.of("id"), this::hourLater)
          .newRows(NewRows.application())
          .contract(Contract.none())
          .build();

  /** What the function yields for row 5 once the rows are filled. */
  private Object ofRowFive = 5;

  @BeforeEach
  void filledTable() {
    database.execute(
        "drop schema if exists backfill cascade",
        "drop table if exists t",
        "create table t (id int primary key)",
        "insert into t select generate_series(1, 10)");
    definition.on(database.dataSource()).run();
    clock.set(0);
  }

  @Test
  void theServerIsNotLeftInPeaceForTheTimeThatAFunctionTakes() throws Exception {
    assertThat(verify()).isEqualTo(new Compared(10, 0, 0));
    assertThat(clock).hasValue(Duration.ofHours(10).toNanos());
    assertThat(serverTimes).isNotEmpty().containsOnly(Duration.ZERO);
  }

  @Test
  void norWhereRowsAreComparedOneByOne() throws Exception {
    ofRowFive = "no number";

    assertThat(verify()).isEqualTo(new Compared(10, 0, 1));
    assertThat(clock).as("once a row").hasValue(Duration.ofHours(10).toNanos());
    assertThat(serverTimes).isNotEmpty().containsOnly(Duration.ZERO);
  }

  private Compared verify() throws Exception {
    VerificationStore store = new VerificationStore("backfill");
    try (Connection connection = database.dataSource().getConnection()) {
      Target target =
          KnownRun.find(connection, definition.specification(), duration -> {}).target();
      Lease lease = store.acquire(connection, target.runName(), "somebody", LEASE).orElseThrow();
      new Verifier(
              new VerificationWork(
                  target, lease, LEASE, store, () -> {}, pace(), clock::get, duration -> {}))
          .verify(connection);
      return store.find(connection, target.runName()).orElseThrow().compared();
    }
  }

  private Object hourLater(Row row) {
    clock.addAndGet(Duration.ofHours(1).toNanos());
    Integer id = requireNonNull(row.get("id", Integer.class));
    return id == 5 ? ofRowFive : id;
  }

  private Pace pace() {
    return new Pace() {
      @Override
      public int maxRows(boolean firstPass) {
        return UNLIMITED;
      }

      @Override
      public Duration turnIn() {
        return Duration.ZERO;
      }

      @Override
      public void windowStarted() {}

      @Override
      public Duration completed(BatchReport batch) {
        serverTimes.add(batch.serverTime());
        return Duration.ZERO;
      }
    };
  }
}
