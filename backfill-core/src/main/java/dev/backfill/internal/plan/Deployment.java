package dev.backfill.internal.plan;

import dev.backfill.internal.expand.Cover;
import dev.backfill.internal.expand.Prepared;
import dev.backfill.internal.postgres.Identifiers;
import java.util.ArrayList;
import java.util.List;

/** What old and new application code may do in each phase. */
final class Deployment {
  private Deployment() {}

  static List<String> of(Prepared prepared) {
    List<String> lines = new ArrayList<>();
    List<String> publications = prepared.target().table().publications();
    if (!publications.isEmpty()) {
      lines.add(
          "Publication "
              + Identifiers.quoteAll(publications)
              + ": add the column on each subscriber before EXPAND, nullable; run there with NOT"
              + " NULL after CONTRACT here. In another order their apply stops.");
    }
    lines.add("Before EXPAND: old code only; new code would miss the column.");
    lines.add(
        "From EXPAND on: old code goes on as before. "
            + (prepared.cover() instanceof Cover.ByApplication
                ? "New code must write the column in each INSERT, and whenever an input changes."
                : "New code may write the column, or leave it to the cover; its values are never"
                    + " overwritten."));
    if (!prepared.instant()) {
      lines.add("Until the end of BACKFILL: code that reads the column must expect NULL.");
    }
    lines.add(contract(prepared));
    lines.add(
        prepared.target().spec().options().dropCoverAtContract()
            ? "The cover is dropped at the contract: no old code may be running by then."
            : "The cover stays until you drop it, since old code may still be running.");
    return lines;
  }

  private static String contract(Prepared prepared) {
    return switch (prepared.target().spec().options().contract()) {
      case NONE -> "There is no CONTRACT: the column stays nullable.";
      case MANUAL -> "CONTRACT waits for approval: give it once no code writes NULL any more.";
      case SET_NOT_NULL ->
          "From CONTRACT on: code that writes NULL into the column fails."
              + (prepared.cover() instanceof Cover.ByApplication
                  ? " Old code must be gone by then: use contract(manual())."
                  : "");
    };
  }
}
