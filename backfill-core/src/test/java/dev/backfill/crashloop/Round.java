package dev.backfill.crashloop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.examples.local.SlowLink;
import dev.backfill.testing.FailoverServer;
import dev.backfill.testing.TestDatabase;
import dev.backfill.testing.Traffic;
import dev.backfill.testing.UpdateAudit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/** One run from its start to its end, with what happens to it on the way. */
final class Round {
  private final FailoverServer server;
  private final TestDatabase database;
  private final Nodes nodes;
  private final RoundPlan plan;
  private final Consumer<String> log;
  private final List<String> told = new ArrayList<>();
  private final List<Strike> survived = new ArrayList<>();
  private Node owner;

  Round(FailoverServer server, Nodes nodes, RoundPlan plan, Consumer<String> log) {
    this.server = server;
    this.database = server.database();
    this.nodes = nodes;
    this.plan = plan;
    this.log = log;
  }

  /** Plays it and checks what is left; fails with an AssertionError or what else went wrong. */
  void play() throws InterruptedException {
    database.execute(
        "drop schema if exists backfill cascade", "drop schema if exists fixture cascade");
    plan.shape().create(database, plan.rows());
    UpdateAudit audit = UpdateAudit.install(database, "orders", "status_code");
    if (plan.contains(Strike.FAILOVER)) {
      server.attachStandby();
    }
    try (Traffic traffic =
        plan.value()
            .traffic(Traffic.on(database).seed(plan.seed()).pause(Duration.ofMillis(5)))
            .start()) {
      owner = start();
      for (RoundPlan.Blow blow : plan.blows()) {
        strike(blow);
      }
      assertThat(owner.awaitEnd()).isEqualTo("ended DONE");
      nodes.give(owner);
      new Oracle(database, plan).verify(traffic, audit);
    } finally {
      server.detachStandby();
    }
  }

  private Node start() {
    Node node = nodes.take();
    node.run(server.linkedUrl(), plan, log);
    return node;
  }

  private void strike(RoundPlan.Blow blow) throws InterruptedException {
    // A round has one standby, so a second failover has nothing to go to.
    boolean hopeless = blow.strike() == Strike.FAILOVER && survived.contains(Strike.FAILOVER);
    if (hopeless || !owner.awaitMoment(blow)) {
      told.add("(" + blow.strike() + ")");
      return;
    }
    pass(blow.delayMillis());
    log.accept("--- " + blow);
    switch (blow.strike()) {
      case KILL -> {
        owner.kill();
        owner = start();
      }
      case TERMINATE -> database.terminateBackends("backfill");
      case CRASH -> server.crashAndRestart();
      case CUT -> {
        server.link().cut();
        pass(blow.outageMillis());
        server.link().restore();
      }
      case STALL -> {
        server.link().rate(0);
        pass(blow.outageMillis());
        server.link().rate(SlowLink.UNLIMITED);
      }
      case FREEZE -> freeze(blow);
      case FAILOVER -> server.failOver();
    }
    survived.add(blow.strike());
    told.add(blow.strike() + " at " + blow.moment());
  }

  /** The owner sleeps past its lease; another takes over, and the sleeper must change nothing. */
  private void freeze(RoundPlan.Blow blow) throws InterruptedException {
    Node sleeper = owner;
    sleeper.suspend();
    String before = ownership();
    owner = start();
    Awaitility.await("the takeover")
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> owner.hasEnded() || !ownership().equals(before));
    pass(blow.outageMillis());
    String taken = ownership();
    sleeper.resume();
    String end = sleeper.awaitEnd();
    if (end.startsWith("ended by LeaseLostException")) {
      nodes.give(sleeper);
      return;
    }
    // Frozen at its very end it left nothing to take over.
    assertThat(end).as("the sleeper, which owned %s", before).isEqualTo("ended DONE");
    assertThat(taken).as("the owner, with a sleeper that was not fenced").isEqualTo(before);
    nodes.give(sleeper);
  }

  private String ownership() {
    boolean there =
        database.queryLong("select count(*) from pg_class where oid = to_regclass('backfill.run')")
            > 0;
    return there
        ? String.join(
            "", database.queryStrings("select epoch || ' of ' || owner from backfill.run"))
        : "";
  }

  /** The length of an outage is a part of the plan: nothing is waited for. */
  private static void pass(int millis) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(millis);
  }

  /** What was struck, in brackets what came too late. */
  List<String> told() {
    return told;
  }

  List<Strike> survived() {
    return survived;
  }

  /** How often the run was begun by a process that did not begin it first. */
  long resumed() {
    return database.queryLong("select epoch - 1 from backfill.run");
  }

  /** Ends what a failed round has left running. */
  void abort() {
    if (owner != null) {
      owner.close();
    }
  }
}
