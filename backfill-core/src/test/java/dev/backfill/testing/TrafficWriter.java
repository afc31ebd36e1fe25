package dev.backfill.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * One session of the application. It alone writes the rows whose keys it owns, so it knows what
 * each must hold without asking anybody.
 */
final class TrafficWriter implements Runnable {
  private static final String LOOK =
      "select from pg_attribute where attrelid = ?::regclass and attname = ? and not attisdropped";
  private static final Duration RECONNECT_FOR = Duration.ofSeconds(60);

  private final TrafficSettings settings;
  private final TrafficJournal journal;
  private final CountDownLatch stopped;
  private final Random random;
  private final List<Operation> oldCode = new ArrayList<>();
  private final List<Operation> allCode = new ArrayList<>();
  private final KeyList keys;
  private final Map<Long, Written> written = new HashMap<>();
  private final PGSimpleDataSource dataSource;
  private Connection connection;
  private boolean columnSeen;
  private boolean columnIsDurable;
  private long nextLook = System.nanoTime();

  TrafficWriter(
      TrafficSettings settings,
      int number,
      KeyList keys,
      TrafficJournal journal,
      CountDownLatch stopped) {
    this.settings = settings;
    this.keys = keys;
    this.journal = journal;
    this.stopped = stopped;
    random = new Random(settings.seed() + number);
    for (Operation operation : Operation.values()) {
      for (int i = 0; i < settings.weights().getOrDefault(operation, 0); i++) {
        allCode.add(operation);
        if (!operation.isNewCode()) {
          oldCode.add(operation);
        }
      }
    }
    dataSource = settings.database().direct();
    dataSource.setApplicationName("traffic");
  }

  @Override
  public void run() {
    try {
      while (!stopped.await(settings.pause().toNanos(), TimeUnit.NANOSECONDS)) {
        oneTransaction();
      }
      if (connection != null) {
        connection.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException | RuntimeException e) {
      journal.error("a writer ended: " + e);
    }
  }

  private void oneTransaction() throws InterruptedException, SQLException {
    if (connection == null) {
      connection = connect();
    }
    List<Change> changes = List.of();
    try {
      connection.setAutoCommit(settings.rowsPerTransaction() == 1);
      lookForColumn();
      changes = choose();
      for (int i = 0; i < changes.size(); i++) {
        Change change = changes.get(i);
        long began = System.nanoTime();
        change.execute(connection);
        if (i == changes.size() - 1 && !connection.getAutoCommit()) {
          connection.commit();
        }
        journal.done(change.operation(), began);
      }
      apply(changes);
      // Its commit was flushed, and with it all WAL before it, the column's included.
      columnIsDurable |=
          columnSeen && changes.stream().anyMatch(c -> c.operation() != Operation.READ);
    } catch (SQLException e) {
      failed(changes, e);
    }
  }

  private void failed(List<Change> changes, SQLException e)
      throws SQLException, InterruptedException {
    if (isConnectionLost(e)) {
      journal.connectionLost();
      // The DDL's commit is asynchronous: a crash may have taken a column that was seen already.
      columnSeen = columnIsDurable;
      while (!findOut(changes)) {
        journal.awaitServer();
      }
      return;
    }
    if (!connection.getAutoCommit()) {
      connection.rollback();
    }
    if (!settings.tolerated().contains(e.getSQLState())) {
      journal.error(
          "%s: %s [%s]"
              .formatted(
                  changes.stream().map(Change::operation).toList(),
                  e.getMessage(),
                  e.getSQLState()));
    }
  }

  /**
   * Connects anew and asks whether the transaction was committed: all its writes were, or none.
   *
   * @return false when the connection was lost again
   */
  private boolean findOut(List<Change> changes) throws SQLException, InterruptedException {
    connection.close();
    connection = connect();
    try {
      boolean committed = false;
      for (Change change : changes) {
        if (change.operation() != Operation.READ) {
          committed = change.isCommitted(connection);
        }
      }
      if (committed) {
        apply(changes);
      }
      return true;
    } catch (SQLException e) {
      if (isConnectionLost(e)) {
        return false;
      }
      throw e;
    }
  }

  /** Highest place in the list first: a removal moves the last key only. */
  private void apply(List<Change> changes) {
    changes.stream()
        .filter(change -> change.operation() != Operation.READ)
        .sorted(Comparator.comparingInt(Change::index).reversed())
        .forEach(this::apply);
  }

  private void apply(Change change) {
    Written before = written.getOrDefault(change.key(), Written.NEVER);
    written.put(change.keyAfter(), change.after(before));
    switch (change.operation()) {
      case DELETE -> keys.remove(change.index());
      case INSERT, INSERT_WITH_VALUE -> keys.add(change.key());
      case MOVE_KEY -> {
        written.put(change.key(), new Written(0, null, true));
        keys.replace(change.index(), change.keyAfter());
      }
      default -> {}
    }
  }

  private List<Change> choose() {
    List<Change> changes = new ArrayList<>();
    Set<Integer> chosen = new HashSet<>();
    List<Operation> operations = columnIsDurable ? allCode : oldCode;
    while (changes.size() < settings.rowsPerTransaction()) {
      Operation operation = operations.get(random.nextInt(operations.size()));
      int index = -1;
      long key = 0;
      if (!operation.isInsert()) {
        if (keys.size() == 0) {
          return changes;
        }
        index = random.nextInt(keys.size());
        if (!chosen.add(index)) {
          return changes;
        }
        key = keys.get(index);
      }
      int stamp = operation == Operation.READ ? 0 : journal.nextStamp();
      changes.add(new Change(settings, operation, index, key, stamp, random.nextBoolean()));
    }
    return changes;
  }

  /** New code is deployed once its column is there to stay. */
  private void lookForColumn() throws SQLException {
    if (columnSeen || allCode.size() == oldCode.size() || System.nanoTime() - nextLook < 0) {
      return;
    }
    nextLook = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50);
    try (PreparedStatement statement = connection.prepareStatement(LOOK)) {
      statement.setString(1, settings.table());
      statement.setString(2, settings.column());
      try (ResultSet row = statement.executeQuery()) {
        columnSeen = row.next();
      }
    }
  }

  /** Tries until the server is back, when it was stopped. */
  private Connection connect() throws SQLException, InterruptedException {
    long deadline = System.nanoTime() + RECONNECT_FOR.toNanos();
    while (true) {
      try {
        return dataSource.getConnection();
      } catch (SQLException e) {
        if (!isConnectionLost(e) || System.nanoTime() - deadline > 0) {
          throw e;
        }
        journal.awaitServer();
      }
    }
  }

  private static boolean isConnectionLost(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.startsWith("08") || state.startsWith("57P");
  }

  /** How many rows it owns. */
  long rows() {
    return keys.size();
  }

  /** What it did, by key; may be read once its thread has ended. */
  Map<Long, Written> written() {
    return written;
  }
}
