package dev.backfill.testing;

import dev.backfill.internal.postgres.LockMode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Looks about every 5 ms who holds and awaits which locks in one database, and by which statement.
 * What is shorter than that may go unseen, so it proves that something was the case, and that
 * something was not only of a statement that it saw.
 */
public final class LockSampler implements AutoCloseable {
  private static final long INTERVAL_MILLIS = 5;

  // Locks, then statements, then locks again: a lock seen both times under one virtual transaction
  // id was held while its session's statement was read. One look alone may pair the lock of a
  // transaction with the first statement of the next.
  private static final String LOOK =
      """
      select pid || ' ' || virtualtransaction || ' ' || coalesce(relation, 0) || ' ' || mode
             || granted
      from pg_locks
      where locktype = 'relation' or not granted;
      select pid, application_name, query from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid();
      select pid || ' ' || virtualtransaction || ' ' || coalesce(relation, 0) || ' ' || mode
             || granted,
             pid, locktype, coalesce(relation::regclass::text, ''), mode, granted,
             coalesce(extract(epoch from clock_timestamp() - waitstart) * 1000000, 0)::bigint
      from pg_locks
      where locktype = 'relation' and relation >= 16384 or not granted
      """;

  private final Connection connection;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Map<ObservedLock, Duration> observed = new HashMap<>();
  private final Thread thread;
  private long looks;
  private SQLException failure;

  private LockSampler(Connection connection) {
    this.connection = connection;
    thread = new Thread(this::run, "lock-sampler");
    thread.setDaemon(true);
    thread.start();
  }

  /** Starts one; close it, or call {@link #stop()}, before asking what it saw. */
  public static LockSampler start(TestDatabase database) {
    try {
      LockSampler sampler = new LockSampler(database.direct().getConnection());
      sampler.awaitFirstLook();
      return sampler;
    } catch (SQLException e) {
      throw new SqlFailure("connect", e);
    }
  }

  private synchronized void awaitFirstLook() {
    try {
      while (looks == 0 && thread.isAlive()) {
        wait(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void run() {
    try (connection;
        Statement statement = connection.createStatement()) {
      do {
        look(statement);
      } while (!stopped.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS));
    } catch (SQLException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(Statement statement) throws SQLException {
    statement.execute(LOOK);
    Set<String> before = new HashSet<>();
    try (ResultSet rows = statement.getResultSet()) {
      while (rows.next()) {
        before.add(rows.getString(1));
      }
    }
    Map<Integer, String[]> sessions = new HashMap<>();
    statement.getMoreResults();
    try (ResultSet rows = statement.getResultSet()) {
      while (rows.next()) {
        sessions.put(rows.getInt(1), new String[] {rows.getString(2), rows.getString(3)});
      }
    }
    statement.getMoreResults();
    try (ResultSet rows = statement.getResultSet()) {
      while (rows.next()) {
        String[] session = sessions.get(rows.getInt(2));
        if (session != null && before.contains(rows.getString(1))) {
          record(rows, session);
        }
      }
    }
    synchronized (this) {
      looks++;
    }
  }

  private synchronized void record(ResultSet row, String[] session) throws SQLException {
    String mode = row.getString(5);
    Optional<LockMode> known =
        Arrays.stream(LockMode.values()).filter(m -> m.catalogName().equals(mode)).findFirst();
    if (known.isPresent()) {
      observed.merge(
          new ObservedLock(
              row.getInt(2),
              session[0],
              session[1],
              row.getString(3),
              row.getString(4),
              known.get(),
              row.getBoolean(6)),
          Duration.ofNanos(row.getLong(7) * 1000),
          (a, b) -> a.compareTo(b) > 0 ? a : b);
    }
  }

  /** Ends the sampling; what was seen can be asked for from now on. */
  public void stop() {
    stopped.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    if (failure != null) {
      throw new SqlFailure(LOOK, failure);
    }
  }

  /** How often it looked. */
  public synchronized long looks() {
    return looks;
  }

  /** Every different lock seen, without catalog tables. */
  public synchronized List<ObservedLock> observed() {
    return new ArrayList<>(observed.keySet());
  }

  /**
   * The modes that sessions held on tables and indexes while they ran a statement.
   *
   * @param statementPart what the statement contains, in whatever case
   * @throws AssertionError when no session was ever seen with a lock and this statement
   */
  public Set<LockMode> modesHeldDuring(String statementPart) {
    String part = statementPart.toLowerCase(Locale.ROOT);
    List<ObservedLock> during =
        observed().stream()
            .filter(lock -> lock.statement().toLowerCase(Locale.ROOT).contains(part))
            .toList();
    if (during.isEmpty()) {
      throw new AssertionError(
          "in " + looks() + " looks no statement with '" + statementPart + "' held a lock");
    }
    Set<LockMode> modes = new TreeSet<>();
    during.stream()
        .filter(lock -> lock.granted() && lock.type().equals("relation"))
        .forEach(lock -> modes.add(lock.mode()));
    return modes;
  }

  /** The longest time that anyone of those chosen was seen waiting for a lock; zero if none was. */
  public synchronized Duration longestWait(Predicate<ObservedLock> who) {
    return observed.entrySet().stream()
        .filter(entry -> !entry.getKey().granted() && who.test(entry.getKey()))
        .map(Map.Entry::getValue)
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  @Override
  public void close() {
    stop();
  }
}
