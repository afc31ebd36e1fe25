package dev.backfill.internal.signal;

/** What one load signal says: work less, stay, or work more. */
enum Pressure {
  HIGH,
  MIDDLING,
  LOW
}
