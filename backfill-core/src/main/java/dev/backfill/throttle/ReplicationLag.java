package dev.backfill.throttle;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/**
 * How far standbys may fall behind. The run keeps so little WAL under way that the limit is not
 * reached by its own doing; when it is reached all the same, no batch starts until the lag is below
 * half of it.
 *
 * <p>Standbys are found in {@code pg_stat_replication}, physical and logical ones alike, which
 * takes a superuser or a member of {@code pg_monitor}. Immutable.
 */
public final class ReplicationLag implements Throttle {
  private static final Duration JOINING_DEADLINE = Duration.ofMinutes(15);
  private static final Duration VANISHED_FOR = Duration.ofMinutes(1);

  private final Duration limit;
  private final List<DataSource> replicas;
  private final Set<String> leftOut;
  private final NotOurs notOurs;
  private final Joining joining;
  private final Duration joiningDeadline;
  private final Duration vanished;
  private final boolean required;

  private ReplicationLag(
      Duration limit,
      List<DataSource> replicas,
      Set<String> leftOut,
      NotOurs notOurs,
      Joining joining,
      Duration joiningDeadline,
      Duration vanished,
      boolean required) {
    this.limit = limit;
    this.replicas = List.copyOf(replicas);
    this.leftOut = Set.copyOf(leftOut);
    this.notOurs = notOurs;
    this.joining = joining;
    this.joiningDeadline = joiningDeadline;
    this.vanished = vanished;
    this.required = required;
  }

  static ReplicationLag of(Duration limit) {
    return with(limit, true);
  }

  static ReplicationLag byDefault() {
    return with(Duration.ofSeconds(5), false);
  }

  private static ReplicationLag with(Duration limit, boolean required) {
    Positive.require("replicationLag", limit);
    return new ReplicationLag(
        limit,
        List.of(),
        Set.of(),
        NotOurs.WAIT,
        Joining.WAIT,
        JOINING_DEADLINE,
        VANISHED_FOR,
        required);
  }

  /**
   * Asks these standbys themselves, beside what the primary says: for services that hide {@code
   * pg_stat_replication}, and fresher where the primary is idle. One connection each is kept while
   * the run is at work.
   */
  public ReplicationLag from(DataSource... standbys) {
    List<DataSource> all = new ArrayList<>(replicas);
    all.addAll(List.of(standbys));
    return new ReplicationLag(
        limit, all, leftOut, notOurs, joining, joiningDeadline, vanished, required);
  }

  /**
   * Leaves standbys out by their application_name: those delayed on purpose by {@code
   * recovery_min_apply_delay}, say.
   */
  public ReplicationLag without(String... applicationNames) {
    Set<String> names = new HashSet<>(leftOut);
    names.addAll(List.of(applicationNames));
    return new ReplicationLag(
        limit, replicas, names, notOurs, joining, joiningDeadline, vanished, required);
  }

  /** What happens while the lag is not caused by the run. Default: {@link NotOurs#WAIT}. */
  public ReplicationLag whenNotOurs(NotOurs policy) {
    return new ReplicationLag(
        limit, replicas, leftOut, policy, joining, joiningDeadline, vanished, required);
  }

  /**
   * What happens while a standby catches up, and for how long at most; then the run goes on as if
   * it were not there, and says so. Default: {@link Joining#WAIT}, 15 minutes.
   */
  public ReplicationLag whenJoining(Joining policy, Duration deadline) {
    Positive.require("whenJoining", deadline);
    return new ReplicationLag(
        limit, replicas, leftOut, notOurs, policy, deadline, vanished, required);
  }

  /**
   * For how long the run waits for a standby that has gone; then it goes on without it, and says
   * so. Default: 1 minute.
   */
  public ReplicationLag waitForVanished(Duration patience) {
    Positive.require("waitForVanished", patience);
    return new ReplicationLag(
        limit, replicas, leftOut, notOurs, joining, joiningDeadline, patience, required);
  }

  @Override
  public String name() {
    return "replication-lag";
  }

  /** The limit in seconds. */
  @Override
  public double limit() {
    return limit.toNanos() / 1e9;
  }

  @Override
  public String unit() {
    return "s";
  }

  public Duration limitTime() {
    return limit;
  }

  public List<DataSource> replicas() {
    return replicas;
  }

  public Set<String> leftOut() {
    return leftOut;
  }

  public NotOurs notOurs() {
    return notOurs;
  }

  public Joining joining() {
    return joining;
  }

  public Duration joiningDeadline() {
    return joiningDeadline;
  }

  public Duration vanished() {
    return vanished;
  }

  /** Whether the user asked for it: then not being allowed to look stops the run until it is. */
  public boolean required() {
    return required;
  }
}
