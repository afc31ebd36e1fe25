package dev.backfill.internal.batch;

import dev.backfill.internal.batch.Batch.Checkpoint;
import dev.backfill.internal.batch.Batch.Following;
import dev.backfill.internal.batch.Filler.Update;
import dev.backfill.internal.batch.Filler.Write;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * A whole batch as one message, from its settings to its commit: between two messages the server
 * waits with the rows locked, and both sides have to be woken up.
 */
record OneMessage(String settings, Update update, Following following) {

  /** How the rows and the checkpoint were answered. */
  record Answer(Filled filled, Counters after) {}

  /** Empty where the rows are known to the client alone. */
  static Optional<OneMessage> of(
      Target target, String settings, Write write, Checkpoint checkpoint) {
    Optional<Update> update = write.update();
    Optional<Following> following = checkpoint.following();
    return update.isPresent() && following.isPresent() && countedByServer(target)
        ? Optional.of(new OneMessage(settings, update.get(), following.get()))
        : Optional.empty();
  }

  /** A trigger may update other rows of the table, which the session would count as the batch's. */
  private static boolean countedByServer(Target target) {
    return target.server().countsRows() && target.table().triggers().isEmpty();
  }

  Answer send(Connection connection) throws SQLException {
    String all = settings + ";" + update.sql() + ";" + following.sql();
    try (PreparedStatement statement = connection.prepareStatement(all)) {
      following.bind(statement, Texts.bind(statement, 1, update.parameters()));
      statement.execute();
      Counters before = Texts.countersOfNextResult(statement);
      statement.getMoreResults();
      Filled filled = new Filled(statement.getLargeUpdateCount(), before, true);
      statement.getMoreResults();
      try (ResultSet moved = statement.getResultSet()) {
        moved.next();
        return new Answer(filled, new Counters(moved.getLong(1), moved.getLong(2)));
      }
    } catch (SQLException e) {
      throw NullRefusal.caused(e) ? new YieldedNullException(e) : following.failed(e);
    }
  }
}
