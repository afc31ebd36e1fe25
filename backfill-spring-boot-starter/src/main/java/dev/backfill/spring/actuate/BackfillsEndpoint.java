package dev.backfill.spring.actuate;

import dev.backfill.Backfills;
import dev.backfill.model.BackfillException;
import dev.backfill.model.RunState;
import dev.backfill.model.RunStatus;
import dev.backfill.spring.BackfillRegistry;
import dev.backfill.spring.RegisteredBackfill;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.beans.BeansException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Every run that the database knows of, wherever it runs, and what an operator may ask of it. What
 * is asked for is written into the run's row, and its owner sees it within about a second: any node
 * may be asked.
 */
// By their own types, which a native image cannot tell from those of the operations.
@RegisterReflectionForBinding({Described.class, Described.All.class, Described.Refused.class})
@WebEndpoint(id = "backfills", defaultAccess = Access.READ_ONLY)
public final class BackfillsEndpoint {
  private static final Logger LOG = LoggerFactory.getLogger(BackfillsEndpoint.class);
  private static final int CONFLICT = 409;

  private final ObjectProvider<Backfills> backfills;
  private final BackfillRegistry registry;
  private final RunNames names;

  BackfillsEndpoint(ObjectProvider<Backfills> backfills, BackfillRegistry registry) {
    this.backfills = backfills;
    this.registry = registry;
    this.names = new RunNames(registry);
  }

  /** Every backfill. */
  @ReadOperation
  public WebEndpointResponse<OperationResponseBody> backfills() {
    return answer(
        () -> {
          List<RunStatus> runs = backfills.getObject().list();
          List<Described> all = new ArrayList<>();
          runs.forEach(run -> all.add(described(run)));
          for (RegisteredBackfill backfill : registry.all()) {
            if (runs.stream().noneMatch(run -> RunNames.isRunOf(backfill, run.name()))) {
              all.add(Described.of(backfill));
            }
          }
          return ok(new Described.All(all));
        });
  }

  /**
   * One of them, with its history.
   *
   * @param name the run's name
   */
  @ReadOperation
  public WebEndpointResponse<OperationResponseBody> backfill(@Selector String name) {
    return answer(() -> find(name).map(run -> ok(alone(run))).orElseGet(() -> none(name)));
  }

  /**
   * Asks for something.
   *
   * @param name the run's name
   * @param action pause, resume, stop or approve-contract
   */
  @WriteOperation
  public WebEndpointResponse<OperationResponseBody> ask(
      @Selector String name, @Selector String action) {
    BiConsumer<Backfills, String> asked =
        switch (action) {
          case "pause" -> Backfills::pause;
          case "resume" -> Backfills::resume;
          case "stop" -> Backfills::stop;
          case "approve-contract" -> Backfills::approveContract;
          default -> null;
        };
    if (asked == null) {
      return refused(
          WebEndpointResponse.STATUS_BAD_REQUEST,
          "There is no action "
              + action
              + ". Nothing was changed. The actions are pause, resume, stop and approve-contract.");
    }
    return change(name, run -> asked.accept(backfills.getObject(), name));
  }

  /**
   * Changes a limit, a cap or the number of workers.
   *
   * @param name the run's name
   * @param setting the name of one of its throttles ({@code replication-lag} in seconds, {@code
   *     lock-waits}), {@code rows-per-second}, {@code wal-bytes-per-second} or {@code workers}
   * @param value a number above 0
   */
  // The nullness of Spring's annotation: with JSpecify's the parameters are required on Boot 3.5.
  @WriteOperation
  public WebEndpointResponse<OperationResponseBody> retune(
      @Selector String name,
      @org.springframework.lang.Nullable String setting,
      @org.springframework.lang.Nullable String value) {
    return change(
        name,
        run -> {
          RegisteredBackfill here =
              names
                  .definitionOf(run.name())
                  .orElseThrow(
                      () ->
                          new IllegalArgumentException(
                              "This application does not define "
                                  + name
                                  + ", so it does not know its settings. Ask one that does."));
          Retune retune = Retune.of(here, setting, value);
          backfills.getObject().retune(name, retune.setting(), retune.value());
        });
  }

  /** A change that may be refused by an IllegalArgumentException. */
  private interface Change {
    void of(RunStatus run);
  }

  private WebEndpointResponse<OperationResponseBody> change(String name, Change change) {
    return answer(
        () -> {
          Optional<RunStatus> run = find(name);
          if (run.isEmpty()) {
            return none(name);
          }
          if (run.get().state() == RunState.DONE) {
            return refused(CONFLICT, name + " is done: there is nothing left to ask of it.");
          }
          if (run.get().state() == RunState.ABANDONED) {
            return refused(CONFLICT, name + " was abandoned: its next start begins anew.");
          }
          try {
            change.of(run.get());
          } catch (IllegalArgumentException e) {
            return refused(
                WebEndpointResponse.STATUS_BAD_REQUEST, e.getMessage() + " Nothing was changed.");
          }
          return find(name).map(now -> ok(described(now))).orElseGet(() -> none(name));
        });
  }

  private Optional<RunStatus> find(String name) {
    return backfills.getObject().list().stream().filter(run -> run.name().equals(name)).findFirst();
  }

  private Described alone(RunStatus run) {
    Backfills all = backfills.getObject();
    return described(run).with(all.history(run.name()), all.quarantinedBySqlState(run.name()));
  }

  private Described described(RunStatus run) {
    return Described.of(run, names.definitionOf(run.name()).orElse(null));
  }

  private static WebEndpointResponse<OperationResponseBody> answer(
      Supplier<WebEndpointResponse<OperationResponseBody>> answer) {
    try {
      return answer.get();
    } catch (BackfillException | BeansException e) {
      LOG.warn("The endpoint backfills could not answer: {}", e.getMessage());
      return refused(
          WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE,
          "The state of the backfills could not be reached. The log of this application says why.");
    }
  }

  private static WebEndpointResponse<OperationResponseBody> ok(OperationResponseBody body) {
    return new WebEndpointResponse<>(body);
  }

  private static WebEndpointResponse<OperationResponseBody> none(String name) {
    return refused(
        WebEndpointResponse.STATUS_NOT_FOUND,
        "There is no run named " + name + ". The list has those that there are.");
  }

  private static WebEndpointResponse<OperationResponseBody> refused(int status, String why) {
    return new WebEndpointResponse<>(new Described.Refused(why), status);
  }
}
