package dev.backfill.internal.postgres;

import java.time.Duration;
import java.util.List;

/**
 * Writes down what a guard says of its waiting.
 *
 * @param holders whom it names, in the order of time
 */
record Told(List<String> holders) implements DdlGuard.Observer {
  @Override
  public void waiting(Ddl held, String named) {
    holders.add(named);
  }

  @Override
  public void done(Ddl finished, Duration took) {}
}
