package dev.backfill.examples.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a standby is to be like. */
public final class StandbyBuilder {
  final LocalPostgres upstream;

  /** The primary behind the upstream, which is where the copy of the data comes from. */
  final LocalPostgres source;

  String name = "standby";
  boolean synchronous;
  private String host = "localhost";
  private int port;
  private @Nullable String slot;
  private Duration applyDelay = Duration.ZERO;
  private final Map<String, String> settings;

  StandbyBuilder(LocalPostgres upstream, LocalPostgres source) {
    this.upstream = upstream;
    this.source = source;
    port = upstream.port();
    // Its limits must be no lower than the primary's.
    settings = new HashMap<>(source.settings());
    // So that it is back half a second after its upstream, or the link there, and not five.
    settings.putIfAbsent("wal_retrieve_retry_interval", "500ms");
  }

  /** Its application_name; default {@code standby}. */
  public StandbyBuilder name(String applicationName) {
    name = applicationName;
    return this;
  }

  /** Streams through a proxy that leads to its upstream. */
  public StandbyBuilder through(String proxyHost, int proxyPort) {
    host = proxyHost;
    port = proxyPort;
    return this;
  }

  /** Streams through a link that leads to its upstream. */
  public StandbyBuilder through(SlowLink link) {
    return through("localhost", link.port());
  }

  /** Streams by a physical replication slot, which is created where it is missing; default none. */
  public StandbyBuilder slot(String slotName) {
    slot = slotName;
    return this;
  }

  /** Replays each commit this long after it was made; default at once. */
  public StandbyBuilder applyDelay(Duration delay) {
    applyDelay = delay;
    return this;
  }

  /**
   * Commits of the primary wait until this one has flushed them (until it has replayed them, with
   * {@code synchronous_commit = remote_apply}). It becomes the only synchronous one.
   */
  public StandbyBuilder synchronous() {
    synchronous = true;
    return this;
  }

  /** A setting of its own; what is not given is its primary's. */
  public StandbyBuilder setting(String parameter, String value) {
    settings.put(parameter, value);
    return this;
  }

  /** Copies the data, starts the standby and returns once it streams and can be read. */
  public Standby attach() {
    createSlot();
    try (BaseBackup backup = BaseBackup.of(source)) {
      configure(backup.directory());
      if (upstream.inRecovery()) {
        upstream.await(
            "the copy's WAL in the upstream",
            "select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) >= '"
                + backup.end()
                + "'");
      }
      Standby standby = new Standby(this, LocalPostgres.start(backup.directory(), settings));
      standby.awaitReceiving();
      if (synchronous) {
        upstream.execute(
            "alter system set synchronous_standby_names = "
                + Quotes.literal(Quotes.identifier(name)),
            "select pg_reload_conf()");
      }
      return standby;
    }
  }

  private void createSlot() {
    if (slot != null) {
      upstream.execute(
          "select pg_create_physical_replication_slot(s, true) from (values (%s)) as t (s)"
                  .formatted(Quotes.literal(slot))
              + " where s not in (select slot_name from pg_replication_slots)");
    }
  }

  private void configure(Path directory) {
    String upstreamAddress =
        "host=%s port=%d user=postgres application_name=%s"
            .formatted(host, port, Quotes.connectionValue(name));
    StringBuilder lines = new StringBuilder();
    // Not on the command line, so that ALTER SYSTEM can change them.
    lines.append("primary_conninfo = ").append(Quotes.literal(upstreamAddress)).append('\n');
    if (slot != null) {
      lines.append("primary_slot_name = ").append(Quotes.literal(slot)).append('\n');
    }
    lines.append("recovery_min_apply_delay = ").append(applyDelay.toMillis()).append('\n');
    try {
      Files.writeString(directory.resolve("postgresql.auto.conf"), lines);
      Files.createFile(directory.resolve("standby.signal"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
