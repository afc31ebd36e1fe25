package dev.backfill.internal.plan;

import dev.backfill.internal.batch.StripeChoice;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.VacuumStatistics;
import dev.backfill.model.Vacuum;
import java.sql.Connection;
import java.util.Locale;
import java.util.Optional;

/** What is to be known of dead rows before a run. */
final class VacuumAdvice {
  private static final double MOSTLY_IN_PLACE = 0.5;

  private VacuumAdvice() {}

  static Optional<String> of(
      Connection connection, Leaf leaf, StripeChoice stripes, Vacuum policy) {
    if (policy instanceof Vacuum.Run) {
      return Optional.empty();
    }
    String autovacuum = autovacuum(VacuumStatistics.of(connection, leaf.oid()));
    if (policy instanceof Vacuum.Await await) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "Batches wait for autovacuum at %,d dead rows, or where it comes later, for at most %,d"
                  + " s; of %s it %s.",
              (long) (await.share() * leaf.estimatedRows()),
              await.deadline().toSeconds(),
              leaf.sql(),
              autovacuum));
    }
    return stripes.hotShare() >= MOSTLY_IN_PLACE
        ? Optional.empty()
        : Optional.of(
            "Most rows move, since their updates cannot be in place: "
                + stripes.reason()
                + ". Until a vacuum has been there the table and its indexes grow, to twice their size"
                + " at most; of "
                + leaf.sql()
                + " autovacuum "
                + autovacuum
                + ". vacuum(run(0.1)) keeps the growth near a tenth.");
  }

  private static String autovacuum(VacuumStatistics statistics) {
    return statistics.automatic()
        ? String.format(Locale.ROOT, "comes above %,d dead rows", statistics.threshold())
        : "is off";
  }
}
