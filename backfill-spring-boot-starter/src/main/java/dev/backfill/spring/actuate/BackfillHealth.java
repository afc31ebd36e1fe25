package dev.backfill.spring.actuate;

import dev.backfill.model.BackfillResult;
import dev.backfill.model.PreflightException;
import dev.backfill.model.Progress;
import dev.backfill.model.RunMismatchException;
import dev.backfill.spring.BackfillRegistry;
import dev.backfill.spring.RegisteredBackfill;
import dev.backfill.spring.RegisteredBackfill.State;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How this process is with its backfills, from what it has in memory: no database is asked. A
 * status that no aggregator knows is left out of the aggregate, and is answered with 200.
 */
final class BackfillHealth {
  private static final String UP = "UP";
  private static final String DOWN = "DOWN";
  private static final String RUNNING = "RUNNING";
  private static final String WAITING = "WAITING";
  private static final String FAILED = "FAILED";

  private final BackfillRegistry registry;
  private final boolean downWhenFailed;

  /**
   * @param details for each backfill, by its name in this application
   */
  record Assessment(String status, Map<String, Object> details) {}

  BackfillHealth(BackfillRegistry registry, boolean downWhenFailed) {
    this.registry = registry;
    this.downWhenFailed = downWhenFailed;
  }

  Assessment assess() {
    String status = UP;
    Map<String, Object> details = new LinkedHashMap<>();
    for (RegisteredBackfill backfill : registry.all()) {
      Map<String, Object> detail = new LinkedHashMap<>();
      status = worse(status, describe(backfill, detail));
      details.put(backfill.name(), detail);
    }
    return new Assessment(status.equals(FAILED) && downWhenFailed ? DOWN : status, details);
  }

  private static String worse(String one, String other) {
    return rank(one) >= rank(other) ? one : other;
  }

  private static int rank(String status) {
    return switch (status) {
      case FAILED -> 3;
      case WAITING -> 2;
      case RUNNING -> 1;
      default -> 0;
    };
  }

  private static String describe(RegisteredBackfill backfill, Map<String, Object> detail) {
    State state = backfill.state();
    detail.put("state", state.name());
    return switch (state) {
      case RUNNING -> backfill.run().map(run -> running(run.progress(), detail)).orElse(RUNNING);
      case FAILED -> {
        backfill.failure().ifPresent(failure -> failed(failure, detail));
        yield FAILED;
      }
      case AWAITING_APPROVAL -> {
        backfill.result().ifPresent(result -> ended(result, detail));
        detail.put(
            "next",
            "Approve the contract once no old code is left that writes NULL: approve-contract of"
                + " the endpoint backfills, or Backfills.approveContract.");
        yield UP;
      }
      default -> {
        backfill.result().ifPresent(result -> ended(result, detail));
        yield UP;
      }
    };
  }

  private static String running(Progress progress, Map<String, Object> detail) {
    // Nameless in preflight, and while another process has the run: its figures are not here.
    if (!progress.name().isEmpty()) {
      detail.put("run", progress.name());
      detail.put("phase", progress.phase().name());
      detail.put("rows", progress.rowsFilled());
      quarantined(progress.quarantined(), detail);
      detail.put("done", Math.round(progress.fraction() * 1000) / 1000.0);
      progress.remaining().ifPresent(left -> detail.put("etaSeconds", left.toSeconds()));
    }
    Optional<String> waitingFor = progress.waitingFor().map(Shown::waitingFor);
    waitingFor.ifPresent(reason -> detail.put("waitingFor", reason));
    progress.waited().ifPresent(waited -> detail.put("waitedSeconds", waited.toSeconds()));
    return waitingFor.isPresent() ? WAITING : RUNNING;
  }

  private static void ended(BackfillResult result, Map<String, Object> detail) {
    detail.put("run", result.name());
    detail.put("phase", result.phase().name());
    detail.put("rows", result.rows());
    quarantined(result.quarantined(), detail);
  }

  private static void quarantined(long rows, Map<String, Object> detail) {
    if (rows > 0) {
      detail.put("quarantined", rows);
    }
  }

  private static void failed(Throwable failure, Map<String, Object> detail) {
    detail.put("failure", failure.getClass().getSimpleName());
    Shown.sqlState(failure).ifPresent(sqlState -> detail.put("sqlState", sqlState));
    detail.put(
        "next",
        failure instanceof PreflightException || failure instanceof RunMismatchException
            ? "Nothing was changed: the log says what disagrees with the definition. Correct that, and"
                + " start the application again."
            : "What is filled stays filled. The log has the cause: mend it, and start the application"
                + " again to go on.");
  }
}
