package dev.backfill.throttle;

/**
 * Something that a run holds back for. Made by {@link Throttles}; implement {@link Signal} for a
 * quantity of your own.
 */
public sealed interface Throttle permits Signal, ReplicationLag {
  /**
   * A short name, unique within a definition: it stands in events, logs and the run's row, and is
   * what retuning goes by. Lower case with hyphens by convention: {@code lock-waits}.
   */
  String name();

  /** At this value no batch starts any more; in {@link #unit()}. Above zero. */
  double limit();

  /** The unit of limit and value, for messages; empty for a plain number. */
  String unit();
}
