package dev.backfill.internal.signal;

import dev.backfill.internal.postgres.Replication;
import dev.backfill.internal.postgres.Replication.Replica;
import dev.backfill.internal.postgres.Tx;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The standbys that are asked themselves, over a connection each. Used by one thread. */
final class Replicas implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Replicas.class);

  private final List<DataSource> dataSources;
  private final List<@Nullable Connection> connections = new ArrayList<>();

  Replicas(List<DataSource> dataSources) {
    this.dataSources = dataSources;
    dataSources.forEach(d -> connections.add(null));
  }

  /** What each says; empty for one that does not answer. */
  List<Optional<Replica>> ask() {
    List<Optional<Replica>> answers = new ArrayList<>();
    for (int i = 0; i < dataSources.size(); i++) {
      answers.add(ask(i));
    }
    return answers;
  }

  private Optional<Replica> ask(int i) {
    try {
      Connection connection = connections.get(i);
      if (connection == null || connection.isClosed()) {
        connection = dataSources.get(i).getConnection();
        connections.set(i, connection);
      }
      return Optional.of(Tx.required(connection, Replication::replica));
    } catch (SQLException | DataAccessException e) {
      LOG.debug("Replica {} does not answer", i + 1, e);
      close(i);
      return Optional.empty();
    }
  }

  private void close(int i) {
    Connection connection = connections.set(i, null);
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        LOG.debug("Closing the connection to replica {} failed", i + 1, e);
      }
    }
  }

  @Override
  public void close() {
    for (int i = 0; i < connections.size(); i++) {
      close(i);
    }
  }
}
