package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.event.BackfillListener;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands events to the listeners; one that fails is logged and changes nothing. */
final class Events {
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);

  private final Consumer<BackfillEvent> meter;
  private final Consumer<BackfillEvent> log;
  private final List<BackfillListener> listeners;

  Events(
      Consumer<BackfillEvent> meter,
      Consumer<BackfillEvent> log,
      List<BackfillListener> listeners) {
    this.meter = meter;
    this.log = log;
    this.listeners = List.copyOf(listeners);
  }

  /**
   * The run's own figures first, so that a listener that asks for progress finds the event in it.
   */
  void publish(BackfillEvent event) {
    meter.accept(event);
    log.accept(event);
    for (BackfillListener listener : listeners) {
      try {
        listener.onEvent(event);
      } catch (Throwable e) {
        // An error too: it would end the thread that watches the standbys, or renews the lease.
        LOG.warn("Listener {} failed on {}; the run goes on", listener, event, e);
      }
    }
  }
}
