package dev.backfill.testing;

import dev.backfill.examples.local.LocalPostgres;
import dev.backfill.examples.local.SlowLink;
import dev.backfill.examples.local.Standby;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A primary behind one address, which moves to its standby at a failover. The application and the
 * tests' own statements come by that address, the library by a link of its own that may be cut.
 *
 * <p>It does not flush: what a crash of the server's processes loses is the WAL in their memory,
 * and that is the same; only a crash of the machine would tell the difference. Not thread-safe.
 */
public final class FailoverServer implements Server, AutoCloseable {
  private LocalPostgres primary;
  private Optional<Standby> standby = Optional.empty();
  private final SlowLink address;
  private final SlowLink link;
  private final TestDatabase database;

  private FailoverServer(LocalPostgres primary) {
    this.primary = primary;
    address = SlowLink.to(primary);
    link = SlowLink.to(primary);
    database = TestDatabase.create(this, "t1");
  }

  public static FailoverServer start() {
    Map<String, String> settings = new LinkedHashMap<>(ServerSettings.defaults());
    settings.put("wal_keep_size", "256MB");
    return new FailoverServer(LocalPostgres.start(settings));
  }

  /** Its only database. */
  public TestDatabase database() {
    return database;
  }

  /** The primary's process at this moment. */
  public LocalPostgres primary() {
    return primary;
  }

  /** The library's way to the primary. */
  public SlowLink link() {
    return link;
  }

  /** The database through {@link #link()}. */
  public String linkedUrl() {
    return "jdbc:postgresql://localhost:" + link.port() + "/" + database.name() + "?user=postgres";
  }

  @Override
  public PGSimpleDataSource connect(String name) {
    PGSimpleDataSource dataSource = primary.dataSource(name);
    dataSource.setPortNumbers(new int[] {address.port()});
    return dataSource;
  }

  @Override
  public PGSimpleDataSource connectApplication(String name) {
    return connect(name);
  }

  /** Attaches a standby that each synchronous commit waits for; there is none yet. */
  public void attachStandby() {
    if (standby.isPresent()) {
      throw new IllegalStateException("there is a standby already");
    }
    standby = Optional.of(Standby.of(primary).name("standby").synchronous().attach());
  }

  /** Takes the standby away, if there is one. */
  public void detachStandby() {
    standby.ifPresent(Standby::close);
    standby = Optional.empty();
  }

  /**
   * The primary crashes for good, and its standby takes its place and its address.
   *
   * <p>All that the application knows to be committed survives: each of its commits waited for the
   * standby, and WAL is a sequence, so that what came before is there too, the library's
   * asynchronous commits included. Those that the standby had not received are lost with their
   * checkpoints. One gap remains: after a crash a primary recovers, and shows, what no standby has;
   * so first the standby must have received all that was there at the beginning of this call.
   */
  public void failOver() {
    Standby next = standby.orElseThrow(() -> new IllegalStateException("there is no standby"));
    String written = primary.query("select pg_current_wal_insert_lsn()");
    Awaitility.await("the standby to receive " + written)
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(5))
        .until(
            () ->
                "t"
                    .equals(
                        primary.query(
                            "select exists (select from pg_stat_replication where sync_state = 'sync'"
                                + " and flush_lsn >= '"
                                + written
                                + "')")));
    address.cut();
    link.cut();
    primary.close();
    next.promote();
    primary = next.server();
    standby = Optional.empty();
    address.redirect(primary);
    link.redirect(primary);
    database.reconnect();
    address.restore();
    link.restore();
  }

  /** Crashes the primary and starts it again. */
  public void crashAndRestart() {
    primary.stopImmediately();
    primary.restart();
    database.reconnect();
  }

  @Override
  public void close() {
    database.disconnect();
    address.close();
    link.close();
    standby.ifPresent(Standby::close);
    primary.close();
  }
}
