package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Target;
import java.util.List;

/**
 * What the preflight found out.
 *
 * @param cover how new rows get their value
 * @param instant whether the column is added with its value as metadata only
 * @param warnings what the user should know before it runs
 */
public record Prepared(Target target, Cover cover, boolean instant, List<String> warnings) {
  public Prepared {
    warnings = List.copyOf(warnings);
  }
}
