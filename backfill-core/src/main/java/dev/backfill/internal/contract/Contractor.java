package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.DdlGuard;
import dev.backfill.internal.postgres.LockMode;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jooq.exception.DataAccessException;

/**
 * Applies NOT NULL to a filled column:
 *
 * <ol>
 *   <li>Proves that no NULL remains, and sweeps what is found.
 *   <li>Asks the catalogs for the next statement, runs it in a transaction of its own, and asks
 *       again: so a contract that a crash left half way is finished by the next start.
 *   <li>A validation that still meets a NULL, which the application wrote meanwhile, goes back to
 *       1.
 *   <li>ANALYZE of the new column, which no statistics describe yet.
 * </ol>
 */
public final class Contractor {
  private static final int VALIDATIONS = 3;
  private static final Set<String> NULL_FOUND = Set.of(SqlStates.CHECK_VIOLATION, "23502");

  private final DdlGuard guard;
  private final FinalSweep finalSweep;

  public Contractor(DdlGuard guard, Ticker ticker) {
    this.guard = guard;
    this.finalSweep = new FinalSweep(ticker);
  }

  /**
   * The statements that are left, by what the catalogs say now; empty when NOT NULL is in place.
   */
  public static List<Ddl> statements(Connection connection, Target target) {
    List<Ddl> steps =
        new ArrayList<>(
            new ConstraintSteps(target, ConstraintState.read(connection, target)).remaining());
    if (!steps.isEmpty()) {
      steps.add(analyze(target));
    }
    return steps;
  }

  /**
   * @param beforeStep is asked before each chunk of the proof and each statement; throws to stop
   * @throws dev.backfill.model.NullsRemainException when rows without a value remain
   */
  public void contract(
      Connection connection,
      Target target,
      Sweeper sweeper,
      DdlGuard.BeforeCommit fence,
      NullProof.BeforeChunk beforeStep)
      throws SQLException, InterruptedException {
    if (ConstraintState.read(connection, target).notNullValid()) {
      constrain(connection, target, fence, beforeStep);
      return;
    }
    for (int attempt = 1; ; attempt++) {
      finalSweep.untilNoneLeft(connection, target, true, sweeper, beforeStep);
      try {
        constrain(connection, target, fence, beforeStep);
        guard.run(connection, analyze(target), fence);
        return;
      } catch (SQLException | DataAccessException e) {
        if (attempt == VALIDATIONS || !NULL_FOUND.contains(String.valueOf(SqlStates.state(e)))) {
          throw e;
        }
      }
    }
  }

  private void constrain(
      Connection connection,
      Target target,
      DdlGuard.BeforeCommit fence,
      NullProof.BeforeChunk beforeStep)
      throws SQLException, InterruptedException {
    Optional<Ddl> next = next(connection, target);
    while (next.isPresent()) {
      beforeStep.proceed();
      guard.run(connection, next.get(), fence);
      next = next(connection, target);
    }
  }

  private static Optional<Ddl> next(Connection connection, Target target) {
    return new ConstraintSteps(target, ConstraintState.read(connection, target)).next();
  }

  private static Ddl analyze(Target target) {
    return new Ddl(
        "analyze the new column",
        List.of("analyze " + target.table().sql() + " (" + target.column() + ")"),
        LockMode.SHARE_UPDATE_EXCLUSIVE,
        target.relations(),
        true);
  }
}
