package dev.backfill.spring.actuate;

import dev.backfill.model.BackfillResult;
import dev.backfill.model.Specification;
import dev.backfill.spring.BackfillRegistry;
import dev.backfill.spring.RegisteredBackfill;
import java.util.Optional;

/** Which run of the database belongs to which definition of this application. */
final class RunNames {
  private final BackfillRegistry registry;

  RunNames(BackfillRegistry registry) {
    this.registry = registry;
  }

  Optional<RegisteredBackfill> definitionOf(String run) {
    return registry.all().stream().filter(backfill -> isRunOf(backfill, run)).findFirst();
  }

  static boolean isRunOf(RegisteredBackfill backfill, String run) {
    return known(backfill)
        .map(run::equals)
        .orElseGet(() -> isRunOf(backfill.definition().specification(), run));
  }

  /** The name that its run has, or had, in this process. */
  private static Optional<String> known(RegisteredBackfill backfill) {
    return backfill
        .run()
        .map(run -> run.progress().name())
        .or(() -> backfill.result().map(BackfillResult::name))
        .filter(name -> !name.isEmpty());
  }

  private static boolean isRunOf(Specification spec, String run) {
    String column = spec.table() + "." + spec.column();
    return spec.runName()
        .or(() -> spec.schema().map(schema -> schema + "." + column))
        .map(run::equals)
        // The schema is found on the search path of the connection.
        .orElseGet(() -> run.endsWith("." + column));
  }
}
