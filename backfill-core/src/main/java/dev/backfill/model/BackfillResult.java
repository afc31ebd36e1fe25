package dev.backfill.model;

import java.time.Duration;
import java.util.OptionalDouble;

/**
 * What a call of run() or the end of a run's handle reports. The counts are those of the whole run,
 * earlier starts included.
 *
 * @param name the run's name
 * @param state DONE, STOPPED or AWAITING_APPROVAL
 * @param phase the phase that the run reached
 * @param rows rows that the library filled
 * @param batches committed batches
 * @param retries attempts that were rolled back and tried again by this start
 * @param quarantined rows that are in quarantine: put aside, and without a value from this run
 * @param hotShare share of the updates that stayed on their page without index writes, 0 to 1
 * @param instant whether the column was added with its value as metadata only
 * @param notNull whether the column is NOT NULL, valid
 * @param duration wall time of this start
 */
public record BackfillResult(
    String name,
    RunState state,
    Phase phase,
    long rows,
    long batches,
    long retries,
    long quarantined,
    OptionalDouble hotShare,
    boolean instant,
    boolean notNull,
    Duration duration) {}
