package dev.backfill.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;

/** One operation on one row: its statement, and how to tell afterwards whether it was committed. */
final class Change {
  /** Far above any key that an identity column gives in a test. */
  private static final long AHEAD = 1L << 40;

  private final TrafficSettings settings;
  private final Operation operation;
  private final int index;
  private final int stamp;
  private final boolean coin;
  private long key;

  /**
   * Makes one.
   *
   * @param index the key's place in its writer's list; -1 for an insert
   * @param stamp unique among all changes of the traffic, 0 for a read
   */
  Change(
      TrafficSettings settings, Operation operation, int index, long key, int stamp, boolean coin) {
    this.settings = settings;
    this.operation = operation;
    this.index = index;
    this.key = key;
    this.stamp = stamp;
    this.coin = coin;
  }

  Operation operation() {
    return operation;
  }

  int index() {
    return index;
  }

  /** The row's key before the change; of an inserted row, the key that it was given. */
  long key() {
    return key;
  }

  long keyAfter() {
    if (operation != Operation.MOVE_KEY) {
      return key;
    }
    return coin ? AHEAD + stamp : -stamp;
  }

  /** What is right after this change, given what was right before. */
  Written after(Written before) {
    if (operation == Operation.DELETE) {
      return new Written(stamp, null, true);
    }
    if (operation.writesValue()) {
      return new Written(stamp, settings.applicationValue().apply(stamp), false);
    }
    boolean derivedAnew = operation == Operation.UPDATE_INPUT && settings.recomputed();
    return new Written(stamp, derivedAnew ? null : before.value(), false);
  }

  /** Runs the statement. */
  void execute(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql())) {
      bind(statement);
      if (operation == Operation.READ || operation.isInsert()) {
        try (ResultSet row = statement.executeQuery()) {
          if (!row.next()) {
            throw gone();
          }
          if (operation.isInsert()) {
            key = row.getLong(1);
          }
        }
      } else if (statement.executeUpdate() != 1) {
        throw gone();
      }
    }
  }

  private SQLException gone() {
    return new SQLException(operation + " found no row with key " + key, "02000");
  }

  private String sql() {
    String table = settings.table();
    String column = settings.quotedColumn();
    String where = " where id = ?";
    String update = "update " + table + " set touched = ?";
    String insert = "insert into " + table + " (touched, note, customer_id, amount, shipped_at";
    String values = ") values (?, ?, ?, 9.75, " + (coin ? "now()" : "null");
    // Always a change, and of what a derived value depends on.
    String input = ", shipped_at = case when shipped_at is null then now() end";
    return switch (operation) {
      case READ -> "select shipped_at from " + table + where;
      case INSERT -> insert + values + ") returning id";
      case INSERT_WITH_VALUE -> insert + ", " + column + values + ", ?) returning id";
      case UPDATE_INPUT -> update + input + where;
      case UPDATE_OTHER -> update + ", note = ?, updated_at = now()" + where;
      case MOVE_KEY -> update + ", id = ?" + where;
      case DELETE -> "delete from " + table + where;
      case WRITE_VALUE -> update + ", " + column + " = ?" + where;
      case WRITE_VALUE_AND_INPUT -> update + input + ", " + column + " = ?" + where;
    };
  }

  private void bind(PreparedStatement statement) throws SQLException {
    int i = 1;
    if (operation != Operation.READ && operation != Operation.DELETE) {
      statement.setInt(i++, stamp);
    }
    if (operation.isInsert() || operation == Operation.UPDATE_OTHER) {
      statement.setString(i++, operation + " " + stamp);
    }
    if (operation.isInsert()) {
      statement.setInt(i++, stamp % 1000);
    }
    if (operation == Operation.MOVE_KEY) {
      statement.setLong(i++, keyAfter());
    }
    if (operation.writesValue()) {
      // Without a type of its own, so that the server takes it for the column's.
      statement.setObject(i++, settings.applicationValue().apply(stamp), Types.OTHER);
    }
    if (!operation.isInsert()) {
      statement.setLong(i, key);
    }
  }

  /** Asks the table, after a lost connection, whether this change was committed. */
  boolean isCommitted(Connection connection) throws SQLException {
    String select = "select id from " + settings.table();
    String sql =
        switch (operation) {
          case READ -> select + " limit 0";
          case DELETE -> select + " where id = " + key;
          case INSERT, INSERT_WITH_VALUE -> select + " where touched = " + stamp;
          default -> select + " where id = " + keyAfter() + " and touched = " + stamp;
        };
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      boolean found = row.next();
      if (found && operation.isInsert()) {
        key = row.getLong(1);
      }
      return operation == Operation.DELETE ? !found : found;
    }
  }
}
