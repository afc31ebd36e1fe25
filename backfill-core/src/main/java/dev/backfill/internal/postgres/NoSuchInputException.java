package dev.backfill.internal.postgres;

import java.util.List;

/** A function asked for a column that it was not given; its message holds names, and no value. */
public final class NoSuchInputException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  NoSuchInputException(String column, List<String> inputs) {
    super("Column " + column + " is not among the function's inputs " + inputs + ".");
  }
}
