package dev.backfill;

import dev.backfill.internal.engine.Operations;
import dev.backfill.model.BackfillException;
import dev.backfill.model.RunEvent;
import dev.backfill.model.RunStatus;
import dev.backfill.model.VerificationStatus;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * For operators: every run that a database knows of, wherever it runs. The owner of a run sees a
 * request within about a second. Thread-safe.
 */
public final class Backfills {
  private static final int HISTORY = 100;

  private final Operations operations;

  private Backfills(Operations operations) {
    this.operations = operations;
  }

  /** The runs whose state is in schema {@code backfill}. */
  public static Backfills on(DataSource dataSource) {
    return on(dataSource, "backfill");
  }

  /** The runs whose state is in the given schema. */
  public static Backfills on(DataSource dataSource, String stateSchema) {
    return new Backfills(new Operations(dataSource, stateSchema));
  }

  /** Every run by name; empty when no run was ever started. */
  public List<RunStatus> list() {
    return operations.list();
  }

  /**
   * The latest 100 entries of a run's history, the latest first.
   *
   * @throws BackfillException when there is no run of that name
   */
  public List<RunEvent> history(String run) {
    return operations.history(run, HISTORY);
  }

  /**
   * How far the latest verification of a run is and what it found; empty when there was none.
   *
   * @throws BackfillException when there is no run of that name
   */
  public Optional<VerificationStatus> verification(String run) {
    return operations.verification(run);
  }

  /**
   * Holds a run after the batches in flight; it stays held over restarts until resumed.
   *
   * @throws BackfillException when there is no run of that name
   */
  public void pause(String run) {
    operations.request(run, "pause");
  }

  /**
   * Lets a run go on that was paused.
   *
   * @throws BackfillException when there is no run of that name
   */
  public void resume(String run) {
    operations.request(run, "resume");
  }

  /**
   * Ends a run cleanly after the batches in flight; the next start goes on with it.
   *
   * @throws BackfillException when there is no run of that name
   */
  public void stop(String run) {
    operations.request(run, "stop");
  }

  /**
   * Changes a limit, a cap or the number of workers of a run; its owner takes it within about a
   * second, and later starts too.
   *
   * @param setting the name of a throttle ({@code replication-lag} in seconds, {@code lock-waits}),
   *     {@code rows-per-second}, {@code wal-bytes-per-second} or {@code workers}
   * @param value above 0
   * @throws BackfillException when there is no run of that name
   */
  public void retune(String run, String setting, double value) {
    operations.retune(run, setting, value);
  }

  /**
   * Allows the contract of a run with {@code contract(manual())}; its next start applies NOT NULL.
   *
   * @throws BackfillException when there is no run of that name
   */
  public void approveContract(String run) {
    operations.approveContract(run);
  }
}
