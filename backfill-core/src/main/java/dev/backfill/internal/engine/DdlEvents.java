package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.DdlGuard;
import java.time.Duration;
import java.util.function.Consumer;

/** Tells what a run's DDL waits for and when it is done, and ends it when the run is to end. */
record DdlEvents(String run, RunControl control, Consumer<BackfillEvent> events)
    implements DdlGuard.Observer {
  @Override
  public void waiting(Ddl ddl, String holders) {
    events.accept(new BackfillEvent.DdlWaiting(run, ddl.sql(), holders));
  }

  @Override
  public void done(Ddl ddl, Duration took) {
    events.accept(new BackfillEvent.DdlExecuted(run, ddl.sql(), took));
  }

  @Override
  public void proceed() throws InterruptedException {
    control.proceed();
  }

  @Override
  public boolean wanted() {
    return !control.stopping() && !control.paused();
  }
}
