package dev.backfill.internal.engine;

import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.checkpoint.StateSchema;
import dev.backfill.internal.expand.Preflight;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.model.PreflightException;
import dev.backfill.model.Specification;
import java.sql.Connection;
import java.sql.SQLException;

/** A definition whose run has been started, and whose column is there. */
record KnownRun(Target target, RunRow run) {

  /**
   * @param connection in no transaction
   * @throws PreflightException when there is no such run or no such column
   * @throws dev.backfill.model.RunMismatchException when the run was started from another
   *     definition
   */
  static KnownRun find(Connection connection, Specification spec, Sleeper sleeper)
      throws SQLException, InterruptedException {
    Target target = Preflight.checkFilled(connection, spec).target();
    String schema = spec.options().stateSchema();
    StateSchema state = new StateSchema(schema, sleeper);
    if (!state.exists(connection)) {
      throw unknown(target, schema);
    }
    RunRow run =
        new RunStore(schema)
            .find(connection, target.runName())
            .orElseThrow(() -> unknown(target, schema));
    Definition.requireSame(run, target);
    if (!target.columnExists()) {
      throw new PreflightException(
          "Column %s of %s does not exist, so there is nothing to compare or repair. Nothing was changed."
              .formatted(target.column(), target.table().sql()));
    }
    state.ensure(connection, target.table().oid());
    return new KnownRun(target, run);
  }

  private static PreflightException unknown(Target target, String schema) {
    return new PreflightException(
        "There is no run named %s in schema %s, so nobody has filled %s of %s by this definition. Nothing was changed. Start the backfill first."
            .formatted(target.runName(), schema, target.column(), target.table().sql()));
  }
}
