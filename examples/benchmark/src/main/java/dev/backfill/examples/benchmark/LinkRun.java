package dev.backfill.examples.benchmark;

import dev.backfill.examples.local.SlowLink;
import dev.backfill.examples.local.Standby;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Lets a contender fill a fresh table whose standby is behind a slow link, and looks on. */
final class LinkRun {
  private static final int LOOK_MILLIS = 50;

  /** With this lag all that was written has arrived. */
  private static final double CAUGHT_UP_SECONDS = 0.3;

  private final BenchServer primary;
  private final FreshTables tables;
  private final SlowLink link;
  private final Standby standby;
  private final double seconds;

  LinkRun(BenchServer primary, FreshTables tables, SlowLink link, Standby standby, double seconds) {
    this.primary = primary;
    this.tables = tables;
    this.link = link;
    this.standby = standby;
    this.seconds = seconds;
  }

  List<LinkSample> observe(Contender contender, LinkScenario scenario, BenchTable table)
      throws SQLException, InterruptedException {
    DataSource database = primary.dataSource();
    link.rate(SlowLink.UNLIMITED);
    Sql.execute(
        primary.operator(),
        "ALTER SYSTEM SET checkpoint_timeout = '" + scenario.checkpointTimeout() + "'",
        "SELECT pg_reload_conf()");
    tables.create(table);
    // What autovacuum writes is not the contender's, and none of them can hold it back: right after
    // a
    // checkpoint, a vacuum of this table is a burst of 60 MB of whole pages.
    Sql.execute(database, "ALTER TABLE orders SET (autovacuum_enabled = off)");
    standby.awaitCaughtUp();
    link.rate(scenario.rateAt(0, seconds));
    try (Connection here = database.getConnection();
        Connection there = standby.dataSource("postgres").getConnection()) {
      Work work = contender.start(primary, table);
      List<LinkSample> samples = new ArrayList<>();
      long start = System.nanoTime();
      long origin = link.forwarded();
      boolean paused = false;
      LinkSample sample;
      do {
        double second = (System.nanoTime() - start) / 1e9;
        paused = pause(paused, scenario.pausedAt(second, seconds));
        link.rate(scenario.rateAt(second, seconds));
        sample =
            new LinkSample(
                (System.nanoTime() - start) / 1e9,
                Heartbeat.lagSeconds(there),
                link.forwarded() - origin,
                link.rate(),
                walBytes(here),
                paused);
        samples.add(sample);
        Thread.sleep(LOOK_MILLIS);
      } while (sample.second() < seconds
          && !(work.isDone() && !paused && sample.lagSeconds() < CAUGHT_UP_SECONDS));
      pause(paused, false);
      link.rate(SlowLink.UNLIMITED);
      work.stop();
      return samples;
    }
  }

  private boolean pause(boolean is, boolean shallBe) {
    if (shallBe && !is) {
      standby.pauseReplay();
    } else if (is && !shallBe) {
      standby.resumeReplay();
    }
    return shallBe;
  }

  private static long walBytes(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")) {
      result.next();
      return result.getLong(1);
    }
  }
}
