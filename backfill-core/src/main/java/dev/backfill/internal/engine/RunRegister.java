package dev.backfill.internal.engine;

import dev.backfill.event.BackfillEvent;
import dev.backfill.internal.batch.Control;
import dev.backfill.internal.checkpoint.AbandonStore;
import dev.backfill.internal.checkpoint.Lease;
import dev.backfill.internal.checkpoint.LeaseStore;
import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.checkpoint.StateSchema;
import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.model.BackfillException;
import dev.backfill.model.Contract;
import dev.backfill.model.Phase;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.RunMismatchException;
import dev.backfill.model.RunState;
import dev.backfill.model.Specification;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jooq.exception.DataAccessException;

/**
 * Enters a run in the state tables, and waits for its lease without holding a lock or a snapshot.
 */
final class RunRegister {
  private static final Duration POLL = Duration.ofSeconds(1);

  private final Specification spec;
  private final ControlConnection connection;
  private final Sleeper sleeper;
  private final Consumer<BackfillEvent> events;
  private final StateSchema schema;
  private final RunStore runs;
  private final LeaseStore leases;
  private final AbandonStore abandons;
  private final String owner = OwnerName.create();

  RunRegister(
      Specification spec,
      ControlConnection connection,
      Sleeper sleeper,
      Consumer<BackfillEvent> events) {
    this.spec = spec;
    this.connection = connection;
    this.sleeper = sleeper;
    this.events = events;
    String stateSchema = spec.options().stateSchema();
    this.schema = new StateSchema(stateSchema, sleeper);
    this.runs = new RunStore(stateSchema);
    this.leases = new LeaseStore(stateSchema);
    this.abandons = new AbandonStore(stateSchema);
  }

  RunStore runs() {
    return runs;
  }

  LeaseStore leases() {
    return leases;
  }

  /**
   * The run when it is complete already, so that an application may start it again at each start.
   */
  Optional<RunRow> findFinished() throws SQLException, InterruptedException {
    return connection.call(
        c -> {
          Optional<Catalog.Relation> table =
              new Catalog(Jooq.on(c)).find(spec.schema(), spec.table());
          return table
              // Otherwise the preflight says which grants are missing, or who owns the state.
              .filter(t -> schema.existsTrusted(c, t.oid()))
              .flatMap(t -> runs.find(c, runName(t)).filter(r -> r.tableOid() == t.oid()))
              .filter(r -> r.phase() == Phase.DONE)
              .filter(r -> columnExists(c, r))
              .filter(r -> sameParts(r))
              .filter(r -> !r.withoutContract() || spec.options().contract() == Contract.NONE);
        });
  }

  private String runName(Catalog.Relation table) {
    return spec.runName().orElse(table.schema() + "." + table.name() + "." + spec.column());
  }

  private static boolean columnExists(Connection c, RunRow run) {
    return new Catalog(Jooq.on(c))
        .columns(run.tableOid()).stream().anyMatch(col -> col.name().equals(run.columnName()));
  }

  private boolean sameParts(RunRow run) {
    // The type is kept in its canonical form, which only the preflight knows, and the key that it
    // chose.
    String type = run.definition().getOrDefault("type", spec.type());
    String key =
        spec.key().isEmpty()
            ? run.definition().getOrDefault("key", "")
            : String.join(", ", spec.key());
    return run.definition().equals(Definition.of(spec, type, key));
  }

  /** Creates the state tables where they are missing and the run's row, or finds it. */
  RunRow enter(Target target) throws SQLException, InterruptedException {
    return connection.insist(
        c -> {
          refuseOther(c, target);
          schema.ensure(c, target.table().oid());
          register(c, target);
          Optional<RunRow> registered = runs.find(c, target.runName());
          if (registered.isEmpty()) {
            // Another run of the column was entered at the same moment.
            refuseOther(c, target);
          }
          RunRow run = registered.orElseThrow();
          if (!run.abandonRequested()) {
            Definition.requireSame(run, target);
            requireColumn(c, run, target);
          }
          return run;
        });
  }

  /** Takes the lease at once when nobody has it. */
  Optional<Lease> acquire(String run) throws SQLException, InterruptedException {
    return connection.insist(c -> leases.acquire(c, run, owner, spec.options().timeouts().lease()));
  }

  private void register(Connection c, Target target) {
    String name = target.runName();
    long table = target.table().oid();
    Map<String, String> definition = Definition.of(target);
    try {
      abandons.beginAnew(c, name, table, target.table().sql(), spec.column(), definition);
    } catch (DataAccessException e) {
      if (SqlStates.UNIQUE_VIOLATION.equals(SqlStates.state(e))) {
        // Another run of the column was entered at the same moment.
        refuseOther(c, target);
      }
      throw e;
    }
    runs.register(c, name, table, target.table().sql(), spec.column(), definition);
  }

  /**
   * The run that is there already.
   *
   * @throws BackfillException when there is none
   */
  RunRow existing(Target target) throws SQLException, InterruptedException {
    return connection.insist(
        c -> {
          Optional<RunRow> run =
              schema.exists(c) ? runs.find(c, target.runName()) : Optional.empty();
          if (run.isEmpty()) {
            throw new BackfillException(
                "There is no run named "
                    + target.runName()
                    + " yet, so no row is in quarantine. Nothing was changed.");
          }
          schema.ensure(c, target.table().oid());
          Definition.requireSame(run.get(), target);
          requireColumn(c, run.get(), target);
          return run.get();
        });
  }

  /** Asks now: since the preflight another node may have added it, and gone on. */
  private void requireColumn(Connection c, RunRow run, Target target) {
    if (run.phase() != Phase.EXPAND && !columnExists(c, run)) {
      throw new RunMismatchException(
          "Column %s of %s was added by run %s, and somebody has dropped it since. Nothing was changed. To add and fill it again, forget that run first: DELETE FROM %s WHERE name = '%s'; then start again."
              .formatted(
                  target.column(),
                  target.table().sql(),
                  run.name(),
                  Identifiers.quote(spec.options().stateSchema(), "run"),
                  run.name().replace("'", "''")));
    }
  }

  /** Before anything is created: a run of this name that differs, or another run of the column. */
  private void refuseOther(Connection c, Target target) {
    if (!schema.exists(c)) {
      return;
    }
    runs.find(c, target.runName())
        .filter(run -> run.state() != RunState.ABANDONED && !run.abandonRequested())
        .ifPresent(run -> Definition.requireSame(run, target));
    runs.ofColumn(c, target.table().oid(), spec.column()).stream()
        .filter(run -> !run.name().equals(target.runName()))
        .filter(run -> run.phase() != Phase.DONE && run.state() != RunState.ABANDONED)
        .findFirst()
        .ifPresent(
            run -> {
              throw new RunMismatchException(
                  "Column "
                      + target.column()
                      + " of "
                      + target.table().sql()
                      + " is being filled by run "
                      + run.name()
                      + ", so run "
                      + target.runName()
                      + " was not started, and nothing was changed. Finish that run, or abandon it:"
                      + " Backfills.abandon(run).");
            });
  }

  RunRow find(String run) throws SQLException, InterruptedException {
    return connection.call(c -> runs.find(c, run)).orElseThrow(() -> deleted(run));
  }

  private static RunMismatchException deleted(String run) {
    return new RunMismatchException(
        "The row of run "
            + run
            + " was deleted from the state tables while this process waited for it or worked on it."
            + " What is filled stays filled; start it again to begin a new run.");
  }

  /**
   * The lease once it is ours; empty when another owner finished or abandoned it, or stop was asked
   * for.
   */
  Optional<Lease> awaitLease(String run, RunControl control)
      throws SQLException, InterruptedException {
    boolean told = false;
    while (true) {
      Duration duration = spec.options().timeouts().lease();
      boolean waited = told;
      Optional<Lease> lease =
          connection.insist(
              c ->
                  waited
                      ? leases.acquireAfterWait(c, run, owner, duration)
                      : leases.acquire(c, run, owner, duration));
      if (lease.isPresent()) {
        return lease;
      }
      RunRow row = connection.insist(c -> runs.find(c, run)).orElseThrow(() -> deleted(run));
      if (row.phase() == Phase.DONE || row.state() == RunState.ABANDONED || stopAskedFor(row)) {
        return Optional.empty();
      }
      if (!told) {
        events.accept(new BackfillEvent.WaitingForOwner(run, row.owner().orElse("unknown")));
        told = true;
      }
      sleeper.sleep(POLL);
      try {
        control.proceed();
      } catch (Control.StopRequested e) {
        return Optional.empty();
      }
    }
  }

  /**
   * The lease of a run that nobody is at.
   *
   * @throws RunFailedException when somebody is
   */
  Lease takeLease(String run) throws SQLException, InterruptedException {
    return connection
        .insist(c -> leases.acquire(c, run, owner, spec.options().timeouts().lease()))
        .orElseThrow(
            () ->
                new RunFailedException(
                    "Another process is at run "
                        + run
                        + ", so its rows in quarantine were not tried again, and nothing was changed."
                        + " Wait for its end or stop it; its next start tries them again by itself."));
  }

  /** By an operator, who wants the run stopped and not moved to the node that waits for it. */
  private static boolean stopAskedFor(RunRow run) {
    return run.requestedAction().filter("stop"::equals).isPresent();
  }
}
