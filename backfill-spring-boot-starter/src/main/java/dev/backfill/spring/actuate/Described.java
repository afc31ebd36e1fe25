package dev.backfill.spring.actuate;

import dev.backfill.model.RunEvent;
import dev.backfill.model.RunState;
import dev.backfill.model.RunStatus;
import dev.backfill.model.Specification;
import dev.backfill.spring.RegisteredBackfill;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * A backfill as the endpoint shows it. Without values of rows: why it failed stands in the log.
 *
 * @param name the run's name; that of its table and column before it has a run
 * @param definition its name in this application; absent where another one defines it
 * @param table the table, quoted and qualified
 * @param phase EXPAND, BACKFILL, CONTRACT or DONE; absent before it has a run
 * @param state RUNNING, PAUSED, STOPPED, AWAITING_APPROVAL, FAILED, DONE or ABANDONED; before it
 *     has a run, what this process has come to
 * @param rows filled rows
 * @param quarantined rows that cannot take their value and were put aside
 * @param done estimated share of the work that is done, 0 to 1
 * @param etaSeconds estimated time to the end of the phase BACKFILL; absent while unknown
 * @param waitingFor what holds it back; absent when it is working
 * @param waitingSince ISO 8601, by the database's clock
 * @param owner the process that works on it; absent when none does
 * @param alive whether that process has given a sign of life
 * @param requestedAction what an operator asked for last
 * @param next what there is to do, where something is
 * @param quarantinedBySqlState how many of them failed with which SQLSTATE; where one is asked for
 *     alone, and has some
 * @param history what happened to it, the latest first; where one is asked for alone
 */
public record Described(
    String name,
    @Nullable String definition,
    String table,
    String column,
    @Nullable String phase,
    String state,
    long rows,
    long quarantined,
    double done,
    @Nullable Long etaSeconds,
    @Nullable String waitingFor,
    @Nullable String waitingSince,
    @Nullable String owner,
    boolean alive,
    @Nullable String requestedAction,
    @Nullable String next,
    @Nullable Map<String, Long> quarantinedBySqlState,
    @Nullable List<Event> history)
    implements OperationResponseBody {

  /** All of them: those that the database knows of, by name, then those that have no run yet. */
  public record All(List<Described> backfills) implements OperationResponseBody {}

  /**
   * An entry of the history.
   *
   * @param at ISO 8601, by the database's clock
   * @param detail absent for errors, which may hold a row's key
   */
  public record Event(String at, String kind, @Nullable String detail) {
    static Event of(RunEvent event) {
      boolean shown = !event.kind().equals("failed") && !event.detail().isEmpty();
      return new Event(event.at().toString(), event.kind(), shown ? event.detail() : null);
    }
  }

  /** Why nothing was done, and what to do. */
  public record Refused(String error) implements OperationResponseBody {}

  static Described of(RunStatus run, @Nullable RegisteredBackfill here) {
    boolean paused =
        run.state() == RunState.RUNNING
            && run.requestedAction().filter("pause"::equals).isPresent();
    return new Described(
        run.name(),
        here == null ? null : here.name(),
        run.table(),
        run.column(),
        run.phase().name(),
        (paused ? RunState.PAUSED : run.state()).name(),
        run.rowsFilled(),
        run.quarantined(),
        Math.round(run.fraction() * 1000) / 1000.0,
        run.remaining().map(left -> left.toSeconds()).orElse(null),
        run.waitingFor().map(Shown::waitingFor).orElse(null),
        run.waitingSince().map(String::valueOf).orElse(null),
        run.owner().orElse(null),
        run.alive(),
        run.requestedAction().orElse(null),
        next(run),
        null,
        null);
  }

  Described with(List<RunEvent> events, Map<String, Long> bySqlState) {
    return new Described(
        name,
        definition,
        table,
        column,
        phase,
        state,
        rows,
        quarantined,
        done,
        etaSeconds,
        waitingFor,
        waitingSince,
        owner,
        alive,
        requestedAction,
        next,
        bySqlState.isEmpty() ? null : bySqlState,
        events.stream().map(Event::of).toList());
  }

  private static @Nullable String next(RunStatus run) {
    return switch (run.state()) {
      case FAILED ->
          "The log of the application that ran it, and last_error of its row in table run, have the"
              + " cause. Mend it, and start the application again to go on.";
      case AWAITING_APPROVAL -> "approve-contract, once no old code is left that writes NULL.";
      case RUNNING ->
          run.alive()
              ? null
              : "Its process has gone: the next node that starts or waits goes on with it.";
      default -> null;
    };
  }

  /** One that has no run: it has not begun, or was refused before anything was changed. */
  static Described of(RegisteredBackfill here) {
    Specification spec = here.definition().specification();
    String table = spec.schema().map(schema -> schema + ".").orElse("") + spec.table();
    return new Described(
        spec.runName().orElse(table + "." + spec.column()),
        here.name(),
        table,
        spec.column(),
        null,
        here.state().name(),
        0,
        0,
        0,
        null,
        null,
        null,
        null,
        false,
        null,
        here.state() == RegisteredBackfill.State.FAILED
            ? "The log of this application has the cause."
            : null,
        null,
        null);
  }
}
