package dev.backfill.spring;

/** When the new columns are added. */
public enum Expand {
  /** With the run, once the application has started. */
  BACKGROUND,
  /** Before JPA looks at the schema, so that {@code ddl-auto=validate} sees the columns. */
  BEFORE_JPA
}
