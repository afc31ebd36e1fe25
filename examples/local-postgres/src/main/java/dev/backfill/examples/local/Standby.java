package dev.backfill.examples.local;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.replication.LogSequenceNumber;

/**
 * A hot standby that streams from a server of this machine: a process, files and a port of its own.
 * Closing it leaves its replication slot, if it has one, as a standby that vanished does. Not
 * thread-safe.
 */
public final class Standby implements AutoCloseable {
  private final LocalPostgres server;
  private final LocalPostgres upstream;
  private final LocalPostgres source;
  private final String name;
  private final boolean synchronous;

  Standby(StandbyBuilder builder, LocalPostgres server) {
    this.server = server;
    this.upstream = builder.upstream;
    this.source = builder.source;
    this.name = builder.name;
    this.synchronous = builder.synchronous;
  }

  /** A standby of a primary. */
  public static StandbyBuilder of(LocalPostgres primary) {
    return new StandbyBuilder(primary, primary);
  }

  /** A standby of a standby, or of one that has been promoted. */
  public static StandbyBuilder of(Standby upstream) {
    return new StandbyBuilder(
        upstream.server, upstream.server.inRecovery() ? upstream.source : upstream.server);
  }

  /** The application_name by which its upstream knows it. */
  public String name() {
    return name;
  }

  /** Its process, for all that servers can do. */
  public LocalPostgres server() {
    return server;
  }

  public PGSimpleDataSource dataSource(String database) {
    return server.dataSource(database);
  }

  public String url(String database) {
    return server.url(database);
  }

  /** Returns once nothing more is replayed; WAL is still received. */
  public void pauseReplay() {
    server.execute("select pg_wal_replay_pause()");
    server.await("the pause of replay", "select pg_get_wal_replay_pause_state() = 'paused'");
  }

  public void resumeReplay() {
    server.execute("select pg_wal_replay_resume()");
  }

  public LogSequenceNumber replayedLsn() {
    return lsn("select pg_last_wal_replay_lsn()");
  }

  /** What it has flushed; it may be ahead of what it has replayed. */
  public LogSequenceNumber receivedLsn() {
    return lsn("select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())");
  }

  private LogSequenceNumber lsn(String query) {
    return LogSequenceNumber.valueOf(
        Objects.requireNonNull(server.query(query), "the server has never been a standby"));
  }

  /** Waits, for a minute at most, until it has replayed what its upstream has on disk now. */
  public void awaitCaughtUp() {
    awaitReplayed(
        upstream.query(
            "select case when pg_is_in_recovery() then pg_last_wal_replay_lsn()"
                + " else pg_current_wal_lsn() end"));
  }

  private void awaitReplayed(@Nullable String lsn) {
    server.await("the replay of " + lsn, "select pg_last_wal_replay_lsn() >= '" + lsn + "'");
  }

  /** Waits, for a minute at most, until it receives WAL. */
  void awaitReceiving() {
    server.await(
        "a WAL receiver that streams",
        "select exists (select from pg_stat_wal_receiver where status = 'streaming')");
  }

  /** Ends it; its upstream sees it vanish. */
  public void stop() {
    server.stop();
  }

  /**
   * Starts it again. It catches up with what was written meanwhile, if its upstream still has that:
   * a replication slot or wal_keep_size sees to it.
   */
  public void start() {
    server.restart();
  }

  /** Makes it a primary on a new timeline; those that stream from it follow. */
  public void promote() {
    server.execute("select pg_promote(true, 60)");
    server.await("the promotion", "select not pg_is_in_recovery()");
  }

  @Override
  public void close() {
    if (synchronous && upstream.isRunning()) {
      // Else each commit would wait for it.
      upstream.execute("alter system reset synchronous_standby_names", "select pg_reload_conf()");
    }
    server.close();
  }
}
