package dev.backfill.internal.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.model.LeaseLostException;
import dev.backfill.model.Phase;
import dev.backfill.model.RunState;
import dev.backfill.testing.LockHolder;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** An owner, its successor, and what each of them may still write, statement by statement. */
@PostgresTest
class FenceIT {
  private static final String SCHEMA = "backfill";
  private static final String RUN = "public.t.c";
  private static final Lease FIRST = new Lease(RUN, "owner", 1);
  private static final Lease SECOND = new Lease(RUN, "successor", 2);
  private static final long LEAF = 4711;
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration OVER = Duration.ofMillis(1);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final RunStore runs = new RunStore(SCHEMA);
  private final LeaseStore leases = new LeaseStore(SCHEMA);
  private final WindowStore windows = new WindowStore(SCHEMA);
  private final Map<Connection, String> connections = new HashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  TestDatabase database;
  Connection owner;
  Connection successor;

  @BeforeEach
  void runWithTwoWindows() throws Exception {
    database.execute("drop schema if exists backfill cascade");
    owner = connect();
    successor = connect();
    new StateSchema(SCHEMA, duration -> {}).ensure(owner, 0);
    runs.register(owner, RUN, 1, "t", "c", Map.of("type", "text"));
    assertThat(leases.acquire(owner, RUN, "owner", OVER)).contains(FIRST);
    assertThat(
            windows.openLeaf(
                owner,
                FIRST,
                windows.frontier(owner, RUN),
                LEAF,
                Optional.empty(),
                Optional.of(List.of("1000"))))
        .isTrue();
    assertThat(claim(owner, FIRST, "100")).map(WindowRow::number).contains(1L);
    assertThat(claim(owner, FIRST, "200")).map(WindowRow::number).contains(2L);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database
                    .queryString("select lease_until < clock_timestamp() from backfill.run")
                    .startsWith("t"));
  }

  @AfterEach
  void close() throws SQLException {
    threads.shutdownNow();
    for (Connection connection : connections.keySet()) {
      connection.close();
    }
  }

  private Connection connect() throws SQLException {
    PGSimpleDataSource session = database.unpooled();
    String name = "session " + connections.size();
    session.setApplicationName(name);
    Connection connection = session.getConnection();
    connections.put(connection, name);
    return connection;
  }

  @Test
  @DisplayName("C12: a takeover waits for the batch in flight and sees its cursor")
  void aTakeoverWaitsForTheBatchInFlight() throws Exception {
    owner.setAutoCommit(false);
    assertThat(advance(owner, 1, 1, "40")).isTrue();

    Future<Optional<Lease>> takeover = takeover();
    awaitBlockedBy(owner);
    owner.commit();

    assertThat(takeover.get()).contains(SECOND);
    assertThat(windows.unfinished(successor, RUN))
        .extracting(WindowRow::cursor)
        .containsExactly(Optional.of(List.of("40")), Optional.empty());
    assertThat(advance(owner, 1, 1, "80")).isFalse();
    assertThat(cursor(1)).isEqualTo("{40}");
  }

  @Test
  @DisplayName("C12: a batch in flight that is rolled back leaves its window to the successor")
  void aBatchInFlightThatIsRolledBack() throws Exception {
    owner.setAutoCommit(false);
    assertThat(advance(owner, 1, 1, "40")).isTrue();

    Future<Optional<Lease>> takeover = takeover();
    awaitBlockedBy(owner);
    owner.rollback();

    assertThat(takeover.get()).contains(SECOND);
    assertThat(windows.find(successor, SECOND, 1))
        .map(WindowRow::cursor)
        .contains(Optional.empty());
  }

  @Test
  @DisplayName("C12: after a takeover a batch that began before it is fenced, whatever it has read")
  void aBatchThatBeganBeforeTheTakeover() throws Exception {
    owner.setAutoCommit(false);
    assertThat(windows.find(owner, FIRST, 1)).isPresent();

    assertThat(takeover().get()).contains(SECOND);

    assertThat(advance(owner, 1, 1, "40")).isFalse();
    owner.rollback();
    assertThat(cursor(1)).isNull();
  }

  @Test
  @DisplayName("C12: a checkpoint that waits while the takeover commits is fenced")
  void aCheckpointThatWaitsForTheTakeover() throws Exception {
    owner.setAutoCommit(false);
    try (LockHolder second = window(2)) {
      Future<Optional<Lease>> takeover = takeover();
      awaitBlockedBy(second.pid());
      // The takeover has written window 1 and waits for window 2.
      Future<Boolean> checkpoint = threads.submit(() -> advance(owner, 1, 1, "40"));
      awaitBlockedBy(successor);
      second.release();

      assertThat(takeover.get()).contains(SECOND);
      assertThat(checkpoint.get()).isFalse();
    }
    owner.rollback();
    assertThat(cursor(1)).isNull();
  }

  @Test
  @DisplayName("C12: a takeover waits for a claim that is open, and has its window")
  void aTakeoverWhileAClaimIsOpen() throws Exception {
    try (LockHolder third = numberThree()) {
      Future<Optional<WindowRow>> claim = threads.submit(() -> claim(owner, FIRST, "300"));
      awaitBlockedBy(third.pid());
      // The claim has moved the frontier and waits to write its window.
      Future<Optional<Lease>> takeover = takeover();
      awaitBlockedBy(owner);
      third.release();

      assertThat(claim.get()).map(WindowRow::number).contains(3L);
      assertThat(takeover.get()).contains(SECOND);
    }
    assertThat(windows.unfinished(successor, RUN)).hasSize(3);
    assertThat(windows.find(successor, SECOND, 3)).map(WindowRow::hi).contains(List.of("300"));
    assertThat(windows.frontier(successor, RUN).key()).contains(List.of("300"));
    assertThat(advance(owner, 3, 1, "240")).isFalse();
  }

  @Test
  @DisplayName("C12: a claim that waits while the takeover commits leaves nothing behind")
  void aClaimThatWaitsForTheTakeover() throws Exception {
    try (LockHolder second = window(2)) {
      Future<Optional<Lease>> takeover = takeover();
      awaitBlockedBy(second.pid());
      Future<Optional<WindowRow>> claim = threads.submit(() -> claim(owner, FIRST, "300"));
      awaitBlockedBy(successor);
      second.release();

      assertThat(takeover.get()).contains(SECOND);
      assertThat(claim.get()).isEmpty();
    }
    assertThat(windows.frontier(successor, RUN).key()).contains(List.of("200"));
    assertThat(database.queryLong("select count(*) from backfill.run_window")).isEqualTo(2);
    assertThat(claim(successor, SECOND, "300")).map(WindowRow::number).contains(3L);
  }

  @Test
  void ofTwoWorkersThatClaimAtOneFrontierOneHasIt() throws Exception {
    Frontier from = windows.frontier(owner, RUN);

    assertThat(claim(owner, FIRST, from, "300")).isPresent();
    assertThat(claim(connect(), FIRST, from, "400")).isEmpty();
    assertThat(windows.unfinished(owner, RUN))
        .extracting(WindowRow::lo)
        .containsExactly(
            Optional.empty(), Optional.of(List.of("100")), Optional.of(List.of("200")));
  }

  @Test
  void aClaimOfBlocksThatARewriteHasMadeVoidIsLost() throws Exception {
    assertThat(openBlocks(windows.frontier(owner, RUN), 1)).isTrue();
    Frontier before = windows.frontier(owner, RUN);
    assertThat(openBlocks(before, 2)).isTrue();

    assertThat(claim(owner, FIRST, before, "(100,0)")).isEmpty();
    Frontier after = windows.frontier(owner, RUN);
    assertThat(after.file()).contains(2L);
    assertThat(after.leavesDone()).doesNotContain(LEAF);
    assertThat(claim(owner, FIRST, after, "(100,0)"))
        .map(WindowRow::kind)
        .contains(WindowKind.BLOCK);
    assertThat(windows.unfinished(owner, RUN))
        .extracting(WindowRow::kind)
        .containsExactly(WindowKind.KEY, WindowKind.KEY, WindowKind.BLOCK);
  }

  private boolean openBlocks(Frontier from, long file) throws SQLException {
    return windows.openLeaf(
        owner, FIRST, from, LEAF, Optional.of(file), Optional.of(List.of("(1000,0)")));
  }

  @Test
  void ofTwoThatTakeOverAtOnceOneHasTheRun() throws Exception {
    Connection other = connect();
    try (LockHolder second = window(2)) {
      Future<Optional<Lease>> takeover = takeover();
      awaitBlockedBy(second.pid());
      Future<Optional<Lease>> late =
          threads.submit(() -> leases.acquire(other, RUN, "other", LONG));
      awaitBlockedBy(successor);
      second.release();

      assertThat(takeover.get()).contains(SECOND);
      assertThat(late.get()).isEmpty();
    }
    assertThat(runs.find(owner, RUN)).map(RunRow::owner).contains(Optional.of("successor"));
  }

  @Test
  @DisplayName("C12: a DDL transaction of the former owner is fenced while a takeover is under way")
  void theFenceOfDdl() throws Exception {
    owner.setAutoCommit(false);
    leases.fence(owner, FIRST);
    Future<Optional<Lease>> takeover = takeover();
    awaitBlockedBy(owner);
    owner.commit();

    assertThat(takeover.get()).contains(SECOND);
    assertThatThrownBy(() -> leases.fence(owner, FIRST))
        .isInstanceOf(LeaseLostException.class)
        .hasMessageContaining(RUN)
        .hasMessageContaining("has taken it over");
  }

  @Test
  void aFormerOwnerWritesNothingAtAll() throws Exception {
    assertThat(takeover().get()).contains(SECOND);

    assertWritesNothing(FIRST);
  }

  /**
   * The new primary lacked the takeover, and the next owner there has counted to the same epoch.
   */
  @Test
  @DisplayName("C11: an owner whose takeover a failover has lost writes nothing at all")
  void anOwnerWhoseTakeoverWasLost() throws Exception {
    assertWritesNothing(new Lease(RUN, "owner that was lost", FIRST.epoch()));
  }

  private void assertWritesNothing(Lease former) throws Exception {
    String before = state();

    assertThat(leases.renew(owner, former, LONG)).isEmpty();
    assertThat(leases.look(owner, former)).isEmpty();
    assertThatThrownBy(() -> leases.fence(owner, former)).isInstanceOf(LeaseLostException.class);
    assertThat(runs.enterPhase(owner, former, Phase.DONE)).isFalse();
    assertThat(runs.markInstant(owner, former)).isFalse();
    assertThat(runs.addSwept(owner, former, 7)).isFalse();
    assertThat(runs.show(owner, former, Optional.of("nothing"), 1, Optional.empty())).isEmpty();
    Frontier from = windows.frontier(owner, RUN);
    assertThat(windows.openLeaf(owner, former, from, LEAF + 1, Optional.empty(), Optional.empty()))
        .isFalse();
    assertThat(claim(owner, former, from, "300")).isEmpty();
    assertThat(windows.find(owner, former, 1)).isEmpty();
    windows.close(owner, former, 1);
    assertThat(new AbandonStore(SCHEMA).finish(owner, former, "too late")).isFalse();
    assertThat(leases.release(owner, former, RunState.FAILED, "too late")).isFalse();

    assertThat(state()).isEqualTo(before);
  }

  @Test
  @DisplayName("C11: so does one of a verification")
  void aVerificationWhoseTakeoverWasLost() throws Exception {
    VerificationStore verifications = new VerificationStore(SCHEMA);
    Lease held = verifications.acquire(owner, RUN, "owner", LONG).orElseThrow();
    Lease former = new Lease(RUN, "owner that was lost", held.epoch());
    String before = database.queryString("select v::text from backfill.verification v");

    assertThatThrownBy(() -> verifications.renew(owner, former, LONG))
        .isInstanceOf(LeaseLostException.class);
    assertThatThrownBy(() -> verifications.finish(owner, former))
        .isInstanceOf(LeaseLostException.class);
    verifications.show(owner, former, Optional.of("nothing"));
    verifications.release(owner, former);

    assertThat(database.queryString("select v::text from backfill.verification v"))
        .isEqualTo(before);
  }

  @Test
  void aLeaseThatHoldsIsNotTaken() throws Exception {
    assertThat(leases.renew(owner, FIRST, LONG)).isPresent();

    assertThat(leases.acquire(successor, RUN, "successor", LONG)).isEmpty();
    assertThat(advance(owner, 1, 1, "40")).isTrue();

    leases.release(owner, FIRST, RunState.STOPPED, null);
    assertThat(leases.acquire(successor, RUN, "successor", LONG)).contains(SECOND);
  }

  @Test
  void aWindowThatIsDoneKeepsItsEpoch() throws Exception {
    windows.close(owner, FIRST, 1);

    assertThat(takeover().get()).contains(SECOND);
    assertThat(database.queryStrings("select epoch from backfill.run_window order by number"))
        .containsExactly("1", "2");
  }

  private String state() {
    return database.queryString(
        "select jsonb_agg(to_jsonb(r))::text || (select jsonb_agg(to_jsonb(w))::text"
            + " from backfill.run_window w) from backfill.run r");
  }

  private @org.jspecify.annotations.Nullable String cursor(long window) {
    return database.queryString(
        "select cursor::text from backfill.run_window where number = ?", window);
  }

  private Future<Optional<Lease>> takeover() {
    return threads.submit(() -> leases.acquire(successor, RUN, "successor", LONG));
  }

  private Optional<WindowRow> claim(Connection connection, Lease lease, String hi)
      throws SQLException {
    return claim(connection, lease, windows.frontier(connection, RUN), hi);
  }

  private Optional<WindowRow> claim(Connection connection, Lease lease, Frontier from, String hi)
      throws SQLException {
    return windows.claim(
        connection, lease, from, "\"public\".\"t\"", List.of(hi), 8, StripeBy.HASH);
  }

  /** Whether the batch may commit. */
  private boolean advance(Connection connection, long window, long epoch, String cursor)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(windows.advanceSql(RUN, LEAF))) {
      statement.setInt(1, 0);
      statement.setArray(2, connection.createArrayOf("text", new String[] {cursor}));
      statement.setBoolean(3, false);
      statement.setLong(4, 5);
      statement.setLong(5, 0);
      statement.setString(6, RUN);
      statement.setLong(7, window);
      statement.setLong(8, epoch);
      statement.execute();
      return true;
    } catch (SQLException e) {
      assertThat(WindowStore.FENCED.caused(e)).as("%s", e).isTrue();
      return false;
    }
  }

  /** Somebody in the way of a takeover's second statement, after it has written window 1. */
  private LockHolder window(long number) {
    return LockHolder.rows(database, "backfill.run_window", "number = " + number);
  }

  /** Somebody in the way of a claim's second statement. */
  private LockHolder numberThree() {
    return LockHolder.idle(
        database,
        "insert into backfill.run_window (run, number, leaf, leaf_name, hi, stripes, stripe_by,"
            + " epoch) values ('"
            + RUN
            + "', 3, 1, 't', '{}', 1, 'hash', 1)");
  }

  /** By the session of the transaction that is open there: the driver may know the pooler alone. */
  private void awaitBlockedBy(Connection connection) {
    awaitBlockedBy(
        "select pid from pg_stat_activity where application_name = '%s'"
            .formatted(connections.get(connection)));
  }

  private void awaitBlockedBy(int pid) {
    awaitBlockedBy("select " + pid);
  }

  private void awaitBlockedBy(String pids) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong(
                        "select count(*) from pg_locks"
                            + " where not granted and pg_blocking_pids(pid) && array("
                            + pids
                            + ")")
                    > 0);
  }
}
