package dev.backfill.internal.engine;

import java.sql.SQLException;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;

/** The thread that keeps a lease, and how both end together. */
final class Heartbeat {
  private final Thread keeper;

  private Heartbeat(Thread keeper) {
    this.keeper = keeper;
  }

  static Heartbeat start(String name, Runnable keep) {
    Thread keeper = new Thread(keep, name);
    keeper.setDaemon(true);
    keeper.start();
    return new Heartbeat(keeper);
  }

  /** Work that gives a lease back. */
  @FunctionalInterface
  interface Release {
    void run() throws SQLException, InterruptedException;
  }

  /**
   * Returns once no beat can follow: one after the release would give the lease of nobody a time.
   */
  void end() throws InterruptedException {
    keeper.interrupt();
    keeper.join();
  }

  /**
   * Ends it and gives the lease back; when that fails the lease expires by itself.
   *
   * @param whose for the message, "run x" say
   */
  void release(Logger log, String whose, Release release) {
    boolean interrupted = Thread.interrupted();
    try {
      end();
      release.run();
    } catch (SQLException | DataAccessException e) {
      log.warn(
          "The lease of {} was not given back: {}. It expires by itself.", whose, e.getMessage());
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
