package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.DdlGuard;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BadRowException;
import dev.backfill.model.NullsRemainException;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunMismatchException;
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
 *   <li>A validation that still meets a NULL, which the application wrote or moved meanwhile, goes
 *       back to 1. From the first statement on the constraint refuses new NULLs, so what is found
 *       now is the last of it.
 *   <li>ANALYZE of the new column, which no statistics describe yet.
 * </ol>
 *
 * <p>When rows remain that cannot be filled, a constraint that is not valid yet is taken back: it
 * would refuse every later update of those rows.
 */
public final class Contractor {
  private static final int VALIDATIONS = 3;
  private static final Set<String> NULL_FOUND =
      Set.of(SqlStates.CHECK_VIOLATION, SqlStates.NOT_NULL_VIOLATION);

  private static final Set<String> GONE =
      Set.of(SqlStates.UNDEFINED_TABLE, SqlStates.UNDEFINED_OBJECT);

  private final DdlGuard guard;
  private final Ticker ticker;
  private final FinalSweep finalSweep;

  public Contractor(DdlGuard guard, Ticker ticker) {
    this.guard = guard;
    this.ticker = ticker;
    this.finalSweep = new FinalSweep(ticker);
  }

  /**
   * Whether NOT NULL holds for every row; PostgreSQL 18 also has one that does not yet.
   *
   * @throws RunMismatchException when the table was dropped or renamed
   */
  public static boolean isNotNullValid(Connection connection, Target target) throws SQLException {
    return read(connection, target).notNullValid();
  }

  /**
   * The statements that are left, by what the catalogs say now; empty when NOT NULL is in place.
   */
  public static List<Ddl> statements(Connection connection, Target target) throws SQLException {
    ConstraintState state = read(connection, target);
    List<Ddl> steps = new ArrayList<>(new ConstraintSteps(target, state).remaining());
    if (!steps.isEmpty()) {
      steps.add(new ConstraintSql(target, state).analyze());
    }
    return steps;
  }

  private static ConstraintState read(Connection connection, Target target) throws SQLException {
    return BoundedRead.of(
        connection,
        target.table().oid(),
        target.table().sql(),
        tx -> ConstraintState.read(tx, target));
  }

  /**
   * @param fence is asked in the transaction of each statement, before its commit
   * @param beforeStep is asked before each chunk of the proof and each statement; throws to stop
   * @throws NullsRemainException when rows without a value remain; the schema is as it was
   */
  public void contract(
      Connection connection,
      Target target,
      Sweeper sweeper,
      DdlGuard.BeforeCommit fence,
      ShortReads.BeforeChunk beforeStep)
      throws SQLException, InterruptedException {
    ShortReads reads =
        new ShortReads(connection, target.spec().options().timeouts(), ticker, beforeStep);
    Guarded guarded =
        ddl -> {
          reads.proceed();
          guard.run(connection, ddl, fence);
        };
    try {
      proveAndConstrain(reads, target, sweeper, guarded);
    } catch (NullsRemainException | BadRowException e) {
      withdraw(reads, target, guarded, e);
      throw e;
    }
    // Also after a start that found all done: a crash may have come before this.
    guarded.run(new ConstraintSql(target, read(reads, target)).analyze());
  }

  private interface Guarded {
    void run(Ddl ddl) throws SQLException, InterruptedException;
  }

  private void proveAndConstrain(ShortReads reads, Target target, Sweeper sweeper, Guarded guarded)
      throws SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      if (!read(reads, target).proven()) {
        finalSweep.untilNoneLeft(reads, target, sweeper);
      }
      try {
        constrain(reads, target, guarded);
        return;
      } catch (SQLException | DataAccessException e) {
        if (!NULL_FOUND.contains(String.valueOf(SqlStates.state(e)))) {
          throw e;
        }
        if (attempt == VALIDATIONS) {
          throw neverValid(target, e);
        }
      }
    }
  }

  private static void constrain(ShortReads reads, Target target, Guarded guarded)
      throws SQLException, InterruptedException {
    String last = "";
    while (true) {
      List<Ddl> steps = new ConstraintSteps(target, read(reads, target)).remaining();
      if (steps.isEmpty()) {
        return;
      }
      Ddl next = steps.get(0);
      if (next.sql().equals(last)) {
        throw withoutEffect(next);
      }
      guarded.run(next);
      last = next.sql();
      if (next.scans()) {
        last = validateMore(steps, guarded).orElse(last);
      }
    }
  }

  /**
   * The validations that follow the first, one for each partition: none needs what the one before
   * did, and the catalogs of a thousand partitions are not read a thousand times.
   */
  private static Optional<String> validateMore(List<Ddl> steps, Guarded guarded)
      throws SQLException, InterruptedException {
    Optional<String> last = Optional.empty();
    for (Ddl next : steps.subList(1, steps.size())) {
      if (!next.scans()) {
        break;
      }
      try {
        guarded.run(next);
      } catch (SQLException e) {
        if (!GONE.contains(String.valueOf(SqlStates.state(e)))) {
          throw e;
        }
        // Dropped or detached since; the catalogs say what is left.
        break;
      }
      last = Optional.of(next.sql());
    }
    return last;
  }

  private static ConstraintState read(ShortReads reads, Target target)
      throws SQLException, InterruptedException {
    ConstraintState state = reads.read(tx -> ConstraintState.read(tx, target));
    if (!state.root().columnExists()) {
      throw new RunMismatchException(
          "Column %s of %s was dropped or renamed while its backfill was under way. Nothing was changed by this step. Start a new run for the column that is there now."
              .formatted(target.column(), target.table().sql()));
    }
    return state;
  }

  private static void withdraw(ShortReads reads, Target target, Guarded guarded, Exception refusal)
      throws InterruptedException {
    try {
      Optional<Ddl> withdrawal = new ConstraintSteps(target, read(reads, target)).withdrawal();
      if (withdrawal.isPresent()) {
        guarded.run(withdrawal.get());
      }
    } catch (SQLException | RuntimeException second) {
      refusal.addSuppressed(second);
    }
  }

  private static NullsRemainException neverValid(Target target, Exception cause) {
    return new NullsRemainException(
        "NOT NULL was not applied to %s of %s: the proof found no NULL, and the validation of the constraint found one again, %d times. Somebody puts rows there that the constraint does not see, by attaching partitions or with ALTER TABLE. Stop that, then start the run again: it begins with the proof."
            .formatted(target.column(), target.table().sql(), VALIDATIONS),
        cause);
  }

  private static RunFailedException withoutEffect(Ddl step) {
    return new RunFailedException(
        "The statement was executed, and the catalogs are as before: "
            + step.sql()
            + ". Somebody undoes it, or an event trigger does. Look for what changes the table, then"
            + " start the run again: it goes on from here.");
  }
}
