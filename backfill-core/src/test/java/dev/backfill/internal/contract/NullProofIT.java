package dev.backfill.internal.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.internal.contract.NullProof.BlockRange;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.ShortReads.BeforeChunk;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.RunMismatchException;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class NullProofIT {
  private static final BeforeChunk GO_ON = () -> {};

  TestDatabase database;

  @BeforeEach
  void clean() {
    database.execute("drop table if exists t cascade");
  }

  /** About eight rows a block. */
  private void table(int rows) {
    database.execute(
        "create table t (id int primary key, c text, pad text) with (fillfactor = 10)",
        "insert into t select g, 'v', repeat('x', 60) from generate_series(1, " + rows + ") g",
        "analyze t");
  }

  private List<BlockRange> ranges(BeforeChunk beforeChunk)
      throws SQLException, InterruptedException {
    return ranges(database.unpooled(), () -> 0, beforeChunk);
  }

  private List<BlockRange> ranges(DataSource dataSource, Ticker ticker, BeforeChunk beforeChunk)
      throws SQLException, InterruptedException {
    return ranges(ContractFixture.of(database).target(), dataSource, ticker, beforeChunk);
  }

  private static List<BlockRange> ranges(
      Target target, DataSource dataSource, Ticker ticker, BeforeChunk beforeChunk)
      throws SQLException, InterruptedException {
    try (Connection connection = dataSource.getConnection()) {
      return proof(target, connection, ticker, beforeChunk).rangesWithNulls();
    }
  }

  private static NullProof proof(
      Target target, Connection connection, Ticker ticker, BeforeChunk beforeChunk) {
    return new NullProof(
        target, new ShortReads(connection, Timeouts.defaults(), ticker, beforeChunk), ticker);
  }

  private long blockOf(int id) {
    return database.queryLong(
        "select split_part(trim('(' from ctid::text), ',', 1) from t where id = ?", id);
  }

  @Test
  void findsTheBlocksBetweenTheFirstAndTheLastNull() throws Exception {
    table(1000);
    database.execute("update t set c = null where id in (300, 310)");

    List<BlockRange> ranges = ranges(GO_ON);

    assertThat(ranges)
        .singleElement()
        .satisfies(
            range -> {
              assertThat(range.leaf().name()).isEqualTo("t");
              assertThat(range.fromBlock()).isEqualTo(Math.min(blockOf(300), blockOf(310)));
              assertThat(range.toBlock()).isEqualTo(Math.max(blockOf(300), blockOf(310)) + 1);
            });
  }

  @Test
  void findsNothingInATableWithoutNullsOrRows() throws Exception {
    table(1000);
    assertThat(ranges(GO_ON)).isEmpty();
    database.execute("truncate t");
    assertThat(ranges(GO_ON)).isEmpty();
  }

  @Test
  void readsWhatIsAppendedWhileItReads() throws Exception {
    table(1000);
    AtomicInteger calls = new AtomicInteger();

    List<BlockRange> ranges =
        ranges(
            () -> {
              if (calls.incrementAndGet() == 1) {
                database.execute(
                    "insert into t (id, pad) select g, repeat('x', 60)"
                        + " from generate_series(1001, 1200) g");
              }
            });

    long end = database.queryLong("select pg_relation_size('t') / 8192");
    assertThat(ranges).last().extracting(BlockRange::toBlock).isEqualTo(end);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select 1",
        "create index on t (c)",
        "create index on t (id) where c is null",
        "create index on t (c); create index on t (id) where c is null; vacuum analyze t"
      })
  @DisplayName("reads by TID range scan, whatever indexes there are")
  void readsByTidRangeScan(String indexes) throws Exception {
    table(5000);
    database.execute(indexes.split(";"));
    Target target = ContractFixture.of(database, "id > (select 0)").target();
    NullSql sql = new NullSql(target, target.table().leaves().get(0));
    for (String statement : List.of(sql.places(), sql.counts(), sql.keys(false, 5))) {
      // More often than the driver and the server wait before they make it a generic plan.
      for (int i = 0; i < 2; i++) {
        assertThat(plan(statement, i == 0 ? "force_custom_plan" : "force_generic_plan"))
            .contains("Tid Range Scan on t", "TID Cond")
            .doesNotContain("Index", "Seq Scan on t");
      }
    }
  }

  private String plan(String sql, String mode) throws SQLException {
    try (Connection connection = database.direct().getConnection();
        Statement settings = connection.createStatement()) {
      settings.execute("set enable_seqscan = off");
      settings.execute("set plan_cache_mode = " + mode);
      try (PreparedStatement statement = connection.prepareStatement("explain " + sql)) {
        statement.setString(1, "(0,0)");
        statement.setString(2, "(100,0)");
        try (ResultSet rows = statement.executeQuery()) {
          StringBuilder plan = new StringBuilder();
          while (rows.next()) {
            plan.append(rows.getString(1)).append('\n');
          }
          return plan.toString();
        }
      }
    }
  }

  @Nested
  class ChunkSizes {
    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger chunks = new AtomicInteger();

    /**
     * A chunk takes that long: the clock goes on with each reading, twice while a chunk is read.
     */
    private int chunksAt(Duration perChunk) throws Exception {
      ranges(
          database.unpooled(),
          () -> now.addAndGet(perChunk.toNanos() / 2),
          chunks::incrementAndGet);
      return chunks.get();
    }

    @BeforeEach
    void threeThousandBlocks() {
      table(8 * 3100);
      assertThat(database.queryLong("select pg_relation_size('t') / 8192")).isGreaterThan(3000);
    }

    @Test
    void growWhenTheyAreShort() throws Exception {
      assertThat(chunksAt(Duration.ofMillis(1))).isEqualTo(2);
    }

    @Test
    void stayWhenTheyTakeHalfASecond() throws Exception {
      assertThat(chunksAt(Duration.ofMillis(500))).isEqualTo(4);
    }

    @Test
    void shrinkWhenTheyAreLong() throws Exception {
      assertThat(chunksAt(Duration.ofSeconds(1))).isGreaterThan(1000);
    }
  }

  @Test
  @DisplayName("T2: holds no snapshot between chunks")
  void holdsNoSnapshotBetweenChunks() throws Exception {
    table(8 * 3100);
    Target target = ContractFixture.of(database).target();
    List<Long> open = new ArrayList<>();
    PGSimpleDataSource session = database.unpooled();
    session.setApplicationName("proof");
    try (Connection connection = session.getConnection()) {
      BeforeChunk look =
          () ->
              open.add(
                  database.queryLong(
                      "select count(coalesce(xact_start::text, backend_xmin::text))"
                          + " from pg_stat_activity where application_name = 'proof'"));
      proof(target, connection, () -> 0, look).rangesWithNulls();
      assertThat(connection.getAutoCommit()).isTrue();
    }
    assertThat(open).hasSizeGreaterThan(1).containsOnly(0L);
  }

  @Test
  void waitsForATableLockWithoutASnapshot() throws Exception {
    table(1000);
    database.execute("update t set c = null where id = 7");
    AtomicInteger attempts = new AtomicInteger();
    Target target = ContractFixture.of(database).target();
    try (LockHolder holder = LockHolder.table(database, "t", "access exclusive")) {
      List<BlockRange> ranges =
          ranges(
              target,
              database.unpooled(),
              () -> 0,
              () -> {
                if (attempts.incrementAndGet() == 3) {
                  holder.release();
                }
              });
      assertThat(ranges).isNotEmpty();
    }
    assertThat(attempts).hasValueGreaterThanOrEqualTo(3);
  }

  @Test
  @DisplayName("L4: does not wait for a table lock without an end")
  void doesNotWaitWithoutAnEnd() throws Exception {
    table(10);
    AtomicLong now = new AtomicLong();
    Target target = ContractFixture.of(database).target();
    try (LockHolder holder = LockHolder.table(database, "t", "access exclusive")) {
      assertThatThrownBy(
              () ->
                  ranges(
                      target,
                      database.unpooled(),
                      () -> now.addAndGet(Duration.ofMinutes(10).toNanos()),
                      GO_ON))
          .hasMessageContaining("lock timeout");
      assertThat(holder.isAlive()).isTrue();
    }
  }

  @Nested
  class WhileTablesComeAndGo {

    @BeforeEach
    void partitions() {
      database.execute(
          "create table t (id int primary key, c text) partition by range (id)",
          "create table t1 partition of t for values from (0) to (10)",
          "create table t2 partition of t for values from (10) to (20)",
          "insert into t select g from generate_series(0, 19) g");
    }

    @Test
    void aDroppedLeafIsLeftOut() throws Exception {
      AtomicInteger calls = new AtomicInteger();
      List<BlockRange> ranges =
          ranges(
              () -> {
                if (calls.incrementAndGet() == 2) {
                  database.execute("drop table t2");
                }
              });
      assertThat(ranges).singleElement().extracting(r -> r.leaf().name()).isEqualTo("t1");
    }

    @Test
    void aTruncatedLeafEnds() throws Exception {
      AtomicInteger calls = new AtomicInteger();
      List<BlockRange> ranges =
          ranges(
              () -> {
                if (calls.incrementAndGet() == 1) {
                  database.execute("truncate t");
                }
              });
      assertThat(ranges).isEmpty();
    }

    @Test
    @DisplayName("C8: a table that was dropped and created again is refused")
    void aReplacedTableIsRefused() throws Exception {
      ContractFixture fixture = ContractFixture.of(database);
      database.execute("drop table t", "create table t (id int primary key, c text)");
      assertThatThrownBy(fixture::contract)
          .isInstanceOf(RunMismatchException.class)
          .hasMessageContaining("\"t\" was dropped, replaced or renamed");
      assertThat(fixture.steps()).isEmpty();
    }

    @Test
    void aRenamedTableIsRefused() throws Exception {
      ContractFixture fixture = ContractFixture.of(database);
      database.execute("alter table t rename to u");
      try {
        assertThatThrownBy(fixture::contract)
            .isInstanceOf(RunMismatchException.class)
            .hasMessageContaining("it is \"public\".\"u\" now");
      } finally {
        database.execute("drop table u");
      }
    }

    @Test
    void aDroppedColumnIsRefused() throws Exception {
      ContractFixture fixture = ContractFixture.of(database);
      database.execute("alter table t drop column c");
      assertThatThrownBy(fixture::contract)
          .isInstanceOf(RunMismatchException.class)
          .hasMessageContaining("Column \"c\"");
    }
  }

  @Nested
  class RowSecurity {

    @BeforeEach
    void policy() {
      table(100);
      database.execute(
          "update t set c = null where id > 50",
          "alter table t enable row level security",
          "create policy half on t using (id <= 50)");
    }

    @Test
    @DisplayName("D10: row security hides no NULL from the proof")
    void hidesNothingFromTheOwner() throws Exception {
      DataSource owner = database.role("owner_of_t", "usage on schema public");
      database.execute("alter table t owner to owner_of_t");
      assertThat(ranges(owner, () -> 0, GO_ON)).isNotEmpty();
    }

    @Test
    @DisplayName("D10: a role from which row security hides rows is refused")
    void refusesWhereItApplies() {
      DataSource reader = database.role("reader_of_t", "select on t");
      assertThatThrownBy(() -> ranges(reader, () -> 0, GO_ON))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("row-level security");
    }
  }
}
