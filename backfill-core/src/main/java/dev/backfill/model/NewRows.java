package dev.backfill.model;

/** How rows are covered that the application inserts from the moment the column exists. */
public enum NewRows {
  /** The library derives it: a default where the value reads no column, else a trigger. */
  AUTO,
  /** A column default. For values that read no column; an explicit NULL defeats it. */
  COLUMN_DEFAULT,
  /** A trigger that fills on insert and recomputes when an input of the value changes. */
  TRIGGER,
  /** The application writes the column itself; the final sweep catches the rest. */
  APPLICATION;

  public static NewRows columnDefault() {
    return COLUMN_DEFAULT;
  }

  public static NewRows trigger() {
    return TRIGGER;
  }

  public static NewRows application() {
    return APPLICATION;
  }
}
