package dev.backfill.internal.postgres;

import dev.backfill.model.LockNotAcquiredException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
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
      return Tx.required(
          connection,
          tx -> {
            Jooq.on(tx)
                .fetch(
                    "select set_config('lock_timeout', ?, true)", Long.toString(WAIT.toMillis()));
            return work.in(tx);
          });
    } catch (SQLException | DataAccessException e) {
      if (SqlStates.LOCK_NOT_AVAILABLE.equals(SqlStates.state(e))) {
        throw new LockNotAcquiredException(message(connection, oid, table), e);
      }
      throw e;
    }
  }

  private static String message(Connection connection, long oid, String table) throws SQLException {
    List<Long> relations =
        Tx.required(
            connection,
            tx -> Jooq.on(tx).fetch(WITH_PARTITIONS, oid).map(r -> r.get(0, Long.class)));
    List<Holder> holders =
        new LockLook(connection, relations, LockMode.ACCESS_SHARE, () -> 0).holders();
    return "Table "
        + table
        + " could not be read within "
        + WAIT.toSeconds()
        + " s, not even its size: it is locked exclusively by "
        + (holders.isEmpty()
            ? "somebody who is gone now, or another table of its publication is"
            : holders.stream().map(Holder::describe).collect(Collectors.joining("; ")))
        + ". Nothing was changed. Wait until that has ended, or end it, then start again.";
  }
}
