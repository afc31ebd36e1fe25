package dev.backfill.event;

/**
 * Is told what happens in a run, on the thread where it happens; keep it short. An exception that
 * it throws is logged and otherwise ignored.
 */
@FunctionalInterface
public interface BackfillListener {
  void onEvent(BackfillEvent event);
}
