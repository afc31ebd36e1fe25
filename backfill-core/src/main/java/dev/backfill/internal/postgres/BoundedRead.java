package dev.backfill.internal.postgres;

import dev.backfill.model.LockNotAcquiredException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jooq.exception.DataAccessException;

/**
 * Reads that touch a table, be it for its size alone: they wait for whoever holds it in ACCESS
 * EXCLUSIVE mode, and he may be rewriting it for hours.
 */
public final class BoundedRead {
  private static final Duration WAIT = Duration.ofSeconds(5);

  // pg_partition_tree would wait for the partitions.
  private static final String WITH_PARTITIONS =
      """
      with recursive tree as (
        select cast(? as bigint)::oid as oid
        union
        select i.inhrelid from pg_catalog.pg_inherits i join tree t on i.inhparent = t.oid)
      select oid::bigint from tree
      """;

  private BoundedRead() {}

  /**
   * Reads in a transaction of its own.
   *
   * @param connection in no transaction
   * @param table which may be locked, as written in SQL
   * @throws LockNotAcquiredException when it is for longer than 5 s, naming the holder
   */
  public static <T> T of(Connection connection, long oid, String table, Tx.Work<T> work)
      throws SQLException {
    try {
      return within(WAIT, connection, work);
    } catch (SQLException | DataAccessException e) {
      if (SqlStates.LOCK_NOT_AVAILABLE.equals(SqlStates.state(e))) {
        throw new LockNotAcquiredException(message(connection, oid, table), e);
      }
      throw e;
    }
  }

  /**
   * Reads in a transaction of its own, for a caller who tries again.
   *
   * @param wait how long for any lock; a failure after that is {@link SqlStates#LOCK_NOT_AVAILABLE}
   */
  public static <T> T within(Duration wait, Connection connection, Tx.Work<T> work)
      throws SQLException {
    return Tx.required(
        connection,
        tx -> {
          Jooq.on(tx)
              .fetch(
                  "select set_config('lock_timeout', ?, true)",
                  Long.toString(Math.max(1, wait.toMillis())));
          return work.in(tx);
        });
  }

  /**
   * Who holds a table, or a partition of it, in a mode that conflicts with the wanted one; empty
   * when nobody does now.
   */
  public static Optional<String> holders(Connection connection, long oid, LockMode wanted)
      throws SQLException {
    List<Holder> holders = holding(connection, oid, wanted);
    return holders.isEmpty() ? Optional.empty() : Optional.of(names(holders));
  }

  private static List<Holder> holding(Connection connection, long oid, LockMode wanted)
      throws SQLException {
    List<Long> relations =
        Tx.required(
            connection,
            tx -> Jooq.on(tx).fetch(WITH_PARTITIONS, oid).map(r -> r.get(0, Long.class)));
    return new LockLook(connection, relations, wanted, () -> 0).holders();
  }

  private static String names(List<Holder> holders) {
    return holders.stream().map(Holder::describe).collect(Collectors.joining("; "));
  }

  private static String message(Connection connection, long oid, String table) throws SQLException {
    List<Holder> holders = holding(connection, oid, LockMode.ACCESS_SHARE);
    return "Table "
        + table
        + " could not be read within "
        + WAIT.toSeconds()
        + " s, not even its size: it is locked exclusively by "
        + (holders.isEmpty()
            ? "somebody who is gone now, or another table of its publication is"
            : names(holders))
        + ". Nothing was changed. Wait until that has ended, or end it, then start again.";
  }
}
