package dev.backfill.model;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A snapshot of a run. Row counts are estimates from the planner's statistics except rowsFilled,
 * which is exact as of the last commit.
 *
 * @param rowsFilled rows filled so far, earlier starts included
 * @param estimatedRows rows of the table by the planner's statistics; no count(*) is ever made
 * @param fraction estimated share of the backfill's work that is done, 0 to 1; work is counted in
 *     WAL, since the first pass over a window writes far more for each row than the others
 * @param rowsPerSecond rate over the last minute
 * @param remaining estimated time to the end of the backfill phase at the last minute's pace, empty
 *     while unknown
 * @param batches committed batches
 * @param retries attempts that were rolled back and tried again by this start
 * @param quarantined rows that are in quarantine now
 * @param hotShare share of HOT updates so far, empty before the first batch
 * @param waitingFor what the run is waiting for, with value and limit; empty when it is working
 * @param waited for how long it has been waiting for that; empty when it is working
 * @param signals what holds it back at a limit, as far as it can be read: a value for each signal,
 *     and one for each standby
 */
public record Progress(
    String name,
    Phase phase,
    RunState state,
    long rowsFilled,
    long estimatedRows,
    double fraction,
    double rowsPerSecond,
    Optional<Duration> remaining,
    long batches,
    long retries,
    long quarantined,
    OptionalDouble hotShare,
    Optional<String> waitingFor,
    Optional<Duration> waited,
    List<SignalValue> signals) {
  public Progress {
    signals = List.copyOf(signals);
  }
}
