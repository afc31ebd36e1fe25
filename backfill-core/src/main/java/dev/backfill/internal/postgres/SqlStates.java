package dev.backfill.internal.postgres;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/** Classifies failures by SQLSTATE, and by nothing else; what they say is for people. */
public final class SqlStates {
  public static final String LOCK_NOT_AVAILABLE = "55P03";
  public static final String DEADLOCK = "40P01";
  public static final String OBJECT_IN_USE = "55006";
  public static final String QUERY_CANCELED = "57014";
  public static final String INVALID_TEXT = "22P02";
  public static final String NOT_NULL_VIOLATION = "23502";
  public static final String UNIQUE_VIOLATION = "23505";
  public static final String CHECK_VIOLATION = "23514";
  public static final String UNDEFINED_TABLE = "42P01";
  public static final String UNDEFINED_COLUMN = "42703";
  public static final String UNDEFINED_OBJECT = "42704";
  public static final String UNDEFINED_SCHEMA = "3F000";
  public static final String DUPLICATE_SCHEMA = "42P06";
  public static final String DUPLICATE_COLUMN = "42701";
  public static final String INSUFFICIENT_PRIVILEGE = "42501";
  public static final String RAISED = "P0001";
  public static final String READ_ONLY = "25006";

  private static final Set<String> CONTENTION =
      Set.of("40001", DEADLOCK, LOCK_NOT_AVAILABLE, QUERY_CANCELED, OBJECT_IN_USE);
  // 25P03 and 57P05 are the server's idle time-outs; 57P0x are shutdown and termination. A server
  // that is read-only after a failover is the wrong one: the session to it is worth nothing.
  private static final Set<String> CONNECTION =
      Set.of("57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "53300", READ_ONLY);
  // Disk, memory, a limit of the configuration, an I/O error.
  private static final Set<String> EXHAUSTED = Set.of("53000", "53100", "53200", "53400", "58030");

  // Data exception, constraint, check option; raised by a trigger, or by a function in another
  // language.
  private static final Set<String> DATA_CLASSES = Set.of("22", "23", "44", "09", "38", "39");
  // A subquery of several rows; what PL/pgSQL raises; a value that is too long for an index, or
  // nested too deeply for the stack. Of the other limits (54011, 54023) a statement is beyond, and
  // a statement is wrong whatever the row, as P0000 is.
  private static final Set<String> DATA =
      Set.of("21000", RAISED, "P0002", "P0003", "P0004", "54000", "54001");

  // What a session says that was ended, or whose connection was cut, while nobody used it.
  private static final Set<String> SESSION_ENDED =
      Set.of("57P01", "57P02", "57P05", "25P03", "25P04", "08003", "08006");

  private SqlStates() {}

  /** What a failure calls for. */
  public enum Kind {
    /** Somebody else was in the way: roll back, shrink, try again. */
    CONTENTION,
    /** The session is gone or none is to be had: reconnect, read the checkpoint, go on. */
    CONNECTION,
    /** The server has run out of something: roll back, wait until somebody has mended it. */
    EXHAUSTED,
    /** A row cannot take its value: find the row. */
    DATA,
    /** Trying again would fail again. */
    FATAL
  }

  public static Kind classify(Throwable failure) {
    @Nullable String state = state(failure);
    if (state == null) {
      // A pool whose connections are all lent or lost for now.
      return failure instanceof SQLTransientConnectionException ? Kind.CONNECTION : Kind.FATAL;
    }
    if (CONTENTION.contains(state)) {
      return Kind.CONTENTION;
    }
    if (state.startsWith("08") || CONNECTION.contains(state)) {
      return Kind.CONNECTION;
    }
    if (EXHAUSTED.contains(state)) {
      return Kind.EXHAUSTED;
    }
    return DATA.contains(state) || DATA_CLASSES.stream().anyMatch(state::startsWith)
        ? Kind.DATA
        : Kind.FATAL;
  }

  /** Whether the session is over, which says nothing of the next one. */
  public static boolean sessionEnded(Throwable failure) {
    @Nullable String state = state(failure);
    return state != null && SESSION_ENDED.contains(state);
  }

  /** The SQLSTATE of the first SQLException in the chain of causes, null when there is none. */
  public static @Nullable String state(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SQLException sql && sql.getSQLState() != null) {
        return sql.getSQLState();
      }
    }
    return null;
  }

  /** What a failure says: jOOQ's own message has the statement before the server's. */
  public static @Nullable String message(Throwable failure) {
    @Nullable SQLException server =
        failure instanceof DataAccessException wrapped
            ? wrapped.getCause(SQLException.class)
            : null;
    return server == null ? failure.getMessage() : server.getMessage();
  }
}
