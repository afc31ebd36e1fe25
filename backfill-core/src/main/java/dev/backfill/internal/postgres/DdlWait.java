package dev.backfill.internal.postgres;

import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.BackfillException;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.model.RunFailedException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The time between attempts at one DDL transaction: pauses, the deadline, and what is said. */
final class DdlWait {
  private static final Duration REPEAT = Duration.ofSeconds(10);
  private static final Duration ASK = Duration.ofMillis(250);

  private final Ddl ddl;
  private final Duration deadline;
  private final Ticker ticker;
  private final Sleeper sleeper;
  private final DdlGuard.Observer observer;
  private long start;
  private String told = "";
  private Optional<Long> toldAt = Optional.empty();
  private List<Holder> lastHolders = List.of();
  private Optional<Exception> lastFailure = Optional.empty();
  private boolean exhausted;

  DdlWait(Ddl ddl, Duration deadline, Ticker ticker, Sleeper sleeper, DdlGuard.Observer observer) {
    this.ddl = ddl;
    this.deadline = deadline;
    this.ticker = ticker;
    this.sleeper = sleeper;
    this.observer = observer;
    this.start = ticker.nanos();
  }

  void proceed() throws InterruptedException {
    long before = ticker.nanos();
    observer.proceed();
    start += ticker.nanos() - before;
  }

  /** Somebody holds the table for longer than we would queue. */
  void heldBack(List<Holder> holders, Duration pause) throws InterruptedException {
    lastHolders = holders;
    exhausted = false;
    tell(holders);
    pause(pause);
  }

  /** An attempt, or a look before it, was in vain. */
  void failed(List<Holder> holders, Optional<Exception> failure, Duration pause)
      throws InterruptedException {
    lastHolders = holders;
    lastFailure = failure;
    exhausted = lastFailure.filter(DdlWait::isExhaustion).isPresent();
    tell(holders);
    pause(pause);
  }

  /** Says who is in the way, once for the same ones, and not each time when they come and go. */
  void tell(List<Holder> holders) {
    String who = holders.stream().map(Holder::id).sorted().collect(Collectors.joining(" "));
    boolean first = toldAt.isEmpty();
    boolean news = !who.equals(told);
    if (first || (news && ticker.nanos() - toldAt.get() >= REPEAT.toNanos())) {
      told = who;
      toldAt = Optional.of(ticker.nanos());
      observer.waiting(ddl, names(holders));
    }
  }

  private static boolean isExhaustion(Exception failure) {
    return SqlStates.classify(failure) == SqlStates.Kind.EXHAUSTED;
  }

  private String names(List<Holder> holders) {
    if (exhausted) {
      return "a server that has run out of something" + failure();
    }
    return holders.isEmpty()
        ? "others that come and go" + failure()
        : holders.stream().map(Holder::describe).collect(Collectors.joining("; "));
  }

  private String failure() {
    return lastFailure
        .map(e -> " (" + SqlStates.state(e) + ": " + SqlStates.message(e) + ")")
        .orElse("");
  }

  private void pause(Duration pause) throws InterruptedException {
    Duration left = deadline.minusNanos(ticker.nanos() - start);
    if (left.isNegative() || left.isZero()) {
      throw gaveUp();
    }
    Duration rest = pause.compareTo(left) < 0 ? pause : left;
    // A pause may last 15 s; who stops or pauses the run need not wait for its end.
    for (; rest.compareTo(ASK) > 0; rest = rest.minus(ASK)) {
      sleeper.sleep(ASK);
      proceed();
    }
    sleeper.sleep(rest);
  }

  private BackfillException gaveUp() {
    String couldNot =
        "Could not " + ddl.purpose() + " within " + (deadline.toMillis() / 1000.0) + " s: ";
    if (exhausted) {
      return new RunFailedException(
          couldNot
              + "the server has run out of something"
              + failure()
              + ". Nothing was changed by this statement. Give the server what it lacks, then start the"
              + " run again: it goes on from here. The statement: "
              + ddl.sql(),
          lastFailure.orElseThrow());
    }
    String message =
        couldNot
            + "the table was never free of conflicting locks. Last held by: "
            + names(lastHolders)
            + ". Nothing was changed by this statement, and nobody was ended. End what holds the table,"
            + " or wait for a quieter hour, then start the run again: it goes on from here. The"
            + " statement: "
            + ddl.sql();
    return lastFailure
        .map(e -> new LockNotAcquiredException(message, e))
        .orElseGet(() -> new LockNotAcquiredException(message));
  }
}
