package dev.backfill.internal.signal;

import dev.backfill.internal.postgres.Replication.Look;
import dev.backfill.internal.postgres.Replication.Replica;
import dev.backfill.internal.postgres.Replication.Sender;
import dev.backfill.internal.postgres.Replication.State;
import dev.backfill.model.SignalValue;
import dev.backfill.throttle.Joining;
import dev.backfill.throttle.NotOurs;
import dev.backfill.throttle.ReplicationLag;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Every standby that counts, and whether it lets a batch start.
 *
 * <ol>
 *   <li>The WAL window of each prevents lag: a batch starts only while less than the window is
 *       under way to the slowest.
 *   <li>The gate on the lag is the net below: for other people's WAL and for replay that stands.
 *   <li>A standby that joins, one that has gone, and not being allowed to look count as over the
 *       limit for as long as the policy says, and then no longer; each change is said once.
 * </ol>
 *
 * <p>One thread polls; workers ask.
 */
final class Standbys {
  private static final long NANOS = 1_000_000_000L;
  // Shorter than that, what is under way of ours may not have been heard of.
  private static final long CLEARLY_SHUT = 3 * NANOS;
  private static final long TRICKLE = NANOS;

  private final ReplicationLag lag;
  private final Consumer<String> notices;
  private final LagRing ring = new LagRing();
  private final Gate gate;
  private final Map<String, Standby> standbys = new LinkedHashMap<>();
  private final Map<String, String> said = new LinkedHashMap<>();
  private final Set<String> withoutThem = new HashSet<>();
  private Duration limit;
  private long inserted;
  private long ours;
  private long trickledAt;
  private boolean halfPace;
  private boolean notOurs;
  private boolean hidden;
  private @Nullable Hold worst;
  private @Nullable Standby slowest;

  Standbys(ReplicationLag lag, Consumer<String> notices, dev.backfill.internal.time.Ticker ticker) {
    this.lag = lag;
    this.limit = lag.limitTime();
    this.notices = notices;
    this.gate = new Gate(lag.name(), lag.limit(), lag.limit() / 2, ticker);
  }

  /** Takes another limit. */
  synchronized void limit(double seconds) {
    limit = Duration.ofNanos((long) (seconds * NANOS));
    gate.retune(seconds);
    standbys.values().forEach(s -> s.window.limit(limit));
  }

  /** How often to poll. */
  synchronized Duration poll() {
    return WalWindow.pollFor(limit);
  }

  /**
   * Takes a look at the primary and at what standbys say themselves.
   *
   * @param replicas where the standbys with a DataSource are, empty where one cannot be asked
   */
  synchronized void polled(long now, Look look, List<Optional<Replica>> replicas) {
    inserted = Math.max(inserted, look.inserted());
    if (look.inserted() < inserted - (64L << 20)) {
      // Another history: positions start elsewhere after a failover.
      inserted = look.inserted();
      ours = 0;
      ring.clear();
    }
    ring.sampled(now, look.flushed());
    hidden = false;
    for (Sender sender : look.senders()) {
      polled(now, look, sender);
    }
    for (int i = 0; i < replicas.size(); i++) {
      if (replicas.get(i).isPresent()) {
        Replica replica = replicas.get(i).get();
        Standby standby = standby("replica " + (i + 1), now);
        standby.streams(now, look.inserted(), replica.replayed());
        standby.waitsFor(replica.conflict());
      } else if (!withoutThem.contains("replica " + (i + 1))) {
        standby("replica " + (i + 1), now);
      }
    }
    judge(now);
  }

  private void polled(long now, Look look, Sender sender) {
    if (sender.state() == State.HIDDEN) {
      hidden = true;
    } else if (sender.state() != State.NO_STANDBY
        && !lag.leftOut().contains(sender.applicationName())) {
      Standby standby = standby(sender.name(), now);
      if (sender.state() == State.STREAMING) {
        standby.streams(now, look.inserted(), sender.replayed().orElse(0));
      } else {
        standby.catchesUp(now, sender.replayed().orElse(0));
      }
    }
  }

  private Standby standby(String name, long now) {
    withoutThem.remove(name);
    return standbys.computeIfAbsent(name, n -> new Standby(n, limit, now));
  }

  /** The primary could not be asked: what is known is too old to start a batch by. */
  synchronized void unreadable(String why) {
    if (lag.required() || !standbys.isEmpty()) {
      gate.unreadable(true);
      worst = new Hold(lag.name(), Double.NaN, lag.limit(), "s", why);
    }
  }

  private void judge(long now) {
    worst = null;
    slowest = null;
    halfPace = false;
    if (hidden) {
      hidden();
    }
    standbys.values().removeIf(s -> givenUp(s, now));
    for (Standby standby : standbys.values()) {
      judge(standby, now);
    }
    gate.read(worst == null ? 0 : worst.value());
  }

  private void hidden() {
    String right =
        "pg_stat_replication hides its columns from this role; GRANT pg_monitor TO the role that"
            + " runs the backfill, or name the standbys with from(...)";
    if (lag.required() && lag.replicas().isEmpty()) {
      say("hidden", "The lag of standbys cannot be seen, so no batch starts: " + right + ".");
      worse(over(right));
    } else if (lag.replicas().isEmpty()) {
      say("hidden", "The run goes on without regard to standbys, since " + right + ".");
    }
  }

  /** Whether a standby no longer counts. */
  private boolean givenUp(Standby standby, long now) {
    if (standby.seen(now) || standby.goneForNanos(now) < lag.vanished().toNanos()) {
      return false;
    }
    say(
        standby.name,
        "Standby "
            + standby.name
            + " has been gone for "
            + lag.vanished().toSeconds()
            + " s; the run goes on without it. Should it come back, it counts again.");
    withoutThem.add(standby.name);
    return true;
  }

  private void judge(Standby standby, long now) {
    if (!standby.seen(now)) {
      say(
          standby.name,
          "Standby "
              + standby.name
              + " is gone; the run waits for it for up to "
              + lag.vanished().toSeconds()
              + " s.");
      worse(over(standby.name + " is gone for " + standby.goneForNanos(now) / NANOS + " s"));
    } else if (standby.joining()) {
      joining(standby, now);
    } else {
      said.remove(standby.name);
      Lag behind = ring.lag(now, standby.replayed());
      double seconds = behind.time().toNanos() / (double) NANOS;
      double value = behind.atLeast() ? Math.max(seconds, gate.state().limit()) : seconds;
      worse(
          new Hold(
              lag.name(),
              value,
              gate.state().limit(),
              "s",
              standby.name
                  + (behind.atLeast() ? " is behind by an unknown time, " : " is behind by ")
                  + behind.bytes() / 1024
                  + " kB"),
          standby);
    }
  }

  private void joining(Standby standby, long now) {
    if (standby.joiningForNanos(now) > lag.joiningDeadline().toNanos()) {
      say(
          standby.name,
          "Standby "
              + standby.name
              + " has been catching up for "
              + lag.joiningDeadline().toSeconds()
              + " s; the run goes on as if it were not there.");
      return;
    }
    say(
        standby.name,
        "Standby "
            + standby.name
            + " is catching up; "
            + (lag.joining() == Joining.WAIT ? "batches wait" : "batches run at half pace")
            + " for up to "
            + lag.joiningDeadline().toSeconds()
            + " s.");
    if (lag.joining() == Joining.WAIT) {
      worse(over(standby.name + " is catching up"));
    } else {
      halfPace = true;
    }
  }

  private Hold over(String detail) {
    double now = gate.state().limit();
    return new Hold(lag.name(), now, now, "s", detail);
  }

  private void worse(Hold hold) {
    if (worst == null || hold.value() > worst.value()) {
      worst = hold;
      slowest = null;
    }
  }

  private void worse(Hold hold, Standby standby) {
    if (worst == null || hold.value() > worst.value()) {
      worst = hold;
      slowest = standby;
    }
  }

  private void say(String about, String notice) {
    if (!notice.equals(said.put(about, notice))) {
      notices.accept(notice);
    }
  }

  /** How far each is behind that streams. */
  synchronized List<SignalValue> values(long now) {
    return standbys.values().stream()
        .filter(Standby::streaming)
        .map(
            standby ->
                new SignalValue(
                    lag.name(),
                    standby.name,
                    ring.lag(now, standby.replayed()).time().toNanos() / (double) NANOS,
                    gate.state().limit(),
                    "s"))
        .toList();
  }

  /** A batch of ours ended at a position. */
  synchronized void written(long position) {
    ours = Math.max(ours, position);
    inserted = Math.max(inserted, position);
  }

  /** What shuts the gate, if it is shut. */
  synchronized Optional<Hold> shut(long now) {
    Gate.State state = gate.state();
    Hold cause = worst;
    if (state.open()) {
      return Optional.empty();
    }
    if (cause == null || (cause.value() < state.limit() && !Double.isNaN(cause.value()))) {
      cause =
          new Hold(
              lag.name(),
              state.value(),
              state.limit(),
              "s",
              "goes on at or below half of it, three times in a row");
    }
    String notOurs =
        notOurs(now) ? "; not caused by us: all WAL of this run is replayed there" : "";
    return Optional.of(
        new Hold(
            cause.signal(),
            cause.value(),
            cause.limit(),
            cause.unit(),
            cause.detail() + conflicts() + notOurs));
  }

  /** Not by how much we write: a query on a standby keeps replay from going on. */
  private String conflicts() {
    return standbys.values().stream()
        .flatMap(
            s -> s.conflict().map(q -> "; " + s.name + " waits with its replay for " + q).stream())
        .collect(Collectors.joining());
  }

  /** Whether the gate is shut although the standby has replayed all that we ever wrote. */
  synchronized boolean notOurs(long now) {
    Standby standby = slowest;
    if (gate.state().open()) {
      notOurs = false;
    } else if (now - gate.state().since() > CLEARLY_SHUT
        && standby != null
        && standby.replayed() >= ours) {
      // What trickles meanwhile does not make it ours.
      notOurs = true;
    }
    return notOurs;
  }

  NotOurs policyWhenNotOurs() {
    return lag.notOurs();
  }

  /** Whether the run goes on by smallest batches, since the lag is not ours. */
  synchronized boolean trickles(long now) {
    return lag.notOurs() == NotOurs.TRICKLE && notOurs(now);
  }

  /** Whether one of them may start now. */
  synchronized boolean mayTrickle(long now) {
    if (!trickles(now) || now - trickledAt < TRICKLE) {
      return false;
    }
    trickledAt = now;
    return true;
  }

  /** The standby to which more WAL is under way than its window allows. */
  synchronized Optional<Hold> windowFull() {
    return standbys.values().stream()
        .filter(Standby::streaming)
        .filter(s -> inserted - s.replayed() > s.window.bytes())
        .findFirst()
        .map(
            s ->
                new Hold(
                    "wal-window",
                    (inserted - s.replayed()) / 1024.0,
                    s.window.bytes() / 1024.0,
                    "kB",
                    "under way to " + s.name));
  }

  /** The least window of all standbys; empty when there is none. */
  synchronized OptionalLong window() {
    return standbys.values().stream()
        .filter(Standby::streaming)
        .mapToLong(s -> s.window.bytes())
        .min();
  }

  synchronized boolean halfPace() {
    return halfPace;
  }

  synchronized String describe() {
    if (hidden && lag.replicas().isEmpty()) {
      return "standbys cannot be seen (pg_monitor is missing)";
    }
    return standbys.isEmpty() ? "no standby" : String.join(", ", standbys.keySet());
  }
}
