package dev.backfill.internal.checkpoint;

import dev.backfill.model.Phase;
import dev.backfill.model.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One run as the database has it.
 *
 * @param definition the parts of the definition that decide which value a row gets
 * @param withoutContract whether it ended without NOT NULL, as its definition asked
 * @param leaseLeft how long the owner's lease still lasts by the database's clock; negative once
 *     over
 * @param shareDone as its owner last estimated it, 0 to 1
 * @param remaining the same; empty while unknown, and when nobody works on it
 * @param addedAttnum the number of the column when this run added it; empty when it was there
 * @param defaultOid the pg_attrdef row of the default when this run set it; empty when not
 */
public record RunRow(
    String name,
    long tableOid,
    String tableName,
    String columnName,
    Map<String, String> definition,
    Phase phase,
    RunState state,
    Optional<String> requestedAction,
    boolean contractApproved,
    boolean instant,
    boolean withoutContract,
    Optional<String> owner,
    long epoch,
    Optional<Duration> leaseLeft,
    long sweptRows,
    Optional<String> lastError,
    Optional<String> waitingFor,
    Optional<Instant> waitingSince,
    double shareDone,
    Optional<Duration> remaining,
    Optional<Integer> addedAttnum,
    Optional<Long> defaultOid) {

  public boolean abandonRequested() {
    return requestedAction.filter("abandon"::equals).isPresent();
  }

  /**
   * The state to leave it in after something was done beside it: as it was. An owner that was
   * killed has left RUNNING there.
   *
   * @param now the phase once the run was ours: its owner may have finished it before
   */
  public RunState stateAtRest(Phase now) {
    if (now == Phase.DONE) {
      return RunState.DONE;
    }
    return state == RunState.RUNNING ? RunState.STOPPED : state;
  }
}
