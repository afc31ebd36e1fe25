package dev.backfill.examples.local;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.postgresql.replication.fluent.physical.ChainedPhysicalStreamBuilder;

/**
 * Receives WAL and replays nothing, as pg_receivewal does: the server shows it as streaming, with a
 * {@code replay_lsn} that is NULL. What it receives it throws away, and reports as flushed.
 */
public final class WalReceiver implements AutoCloseable {
  private final String name;
  private final Connection connection;
  private final Thread thread;
  private volatile boolean closed;

  private WalReceiver(String name, Connection connection, PGReplicationStream stream) {
    this.name = name;
    this.connection = connection;
    thread = new Thread(() -> receive(stream), "wal-receiver");
    thread.setDaemon(true);
  }

  /**
   * Begins to receive what is written from now on.
   *
   * @param slot an existing physical replication slot, or null for none
   */
  public static WalReceiver attach(
      LocalPostgres server, String applicationName, @Nullable String slot) {
    Properties properties = new Properties();
    PGProperty.REPLICATION.set(properties, "true");
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "14");
    PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    PGProperty.APPLICATION_NAME.set(properties, applicationName);
    String now = Objects.requireNonNull(server.query("select pg_current_wal_flush_lsn()"));
    try {
      Connection connection = DriverManager.getConnection(server.url("postgres"), properties);
      ChainedPhysicalStreamBuilder builder =
          connection
              .unwrap(PGConnection.class)
              .getReplicationAPI()
              .replicationStream()
              .physical()
              .withStartPosition(LogSequenceNumber.valueOf(now))
              .withStatusInterval(1, TimeUnit.SECONDS);
      if (slot != null) {
        builder.withSlotName(slot);
      }
      WalReceiver receiver = new WalReceiver(applicationName, connection, builder.start());
      receiver.thread.start();
      return receiver;
    } catch (SQLException e) {
      throw new IllegalStateException("No WAL is received: " + e.getMessage(), e);
    }
  }

  /** The application_name by which its server knows it. */
  public String name() {
    return name;
  }

  private void receive(PGReplicationStream stream) {
    try {
      while (!closed) {
        ByteBuffer wal = stream.readPending();
        if (wal == null) {
          Thread.sleep(10);
        } else {
          stream.setFlushedLSN(stream.getLastReceiveLSN());
        }
      }
    } catch (SQLException e) {
      if (!closed) {
        throw new IllegalStateException("The WAL receiver lost its server.", e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
