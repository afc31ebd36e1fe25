package dev.backfill.crashloop;

import dev.backfill.testing.ChildJvm;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** A process of the library, as the loop sees it: what it is doing in this round. */
final class Node implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final ChildJvm process;
  private volatile Consumer<String> log = line -> {};
  private volatile int batches;
  private volatile boolean started;
  private volatile boolean contract;
  private volatile String end = "";
  private int runs;

  Node() {
    process = ChildJvm.start(this::line, NodeMain.class);
  }

  /** All lines come from one thread. */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  private void line(String tagged) {
    String line = tagged.substring(tagged.indexOf("] ") + 2);
    log.accept(tagged);
    if (line.equals("batch")) {
      batches++;
    } else if (line.startsWith("RunStarted")) {
      started = true;
    } else if (line.startsWith("PhaseChanged") && line.contains("CONTRACT")) {
      contract = true;
    } else if (line.startsWith("ended ")) {
      end = line;
    }
  }

  Node awaitReady() {
    process.awaitLine("ready", PATIENCE);
    return this;
  }

  void run(String url, RoundPlan plan, Consumer<String> copyTo) {
    log = copyTo;
    batches = 0;
    started = false;
    contract = false;
    end = "";
    runs++;
    RoundPlan.Job job = plan.job();
    process.tell(
        String.join(
            " ",
            url,
            plan.value().name(),
            Integer.toString(job.workers()),
            Integer.toString(job.batch()),
            Boolean.toString(job.pooled())));
  }

  /** Whether the moment came before the run ended. */
  boolean awaitMoment(RoundPlan.Blow blow) {
    int goal = batches + blow.batches();
    await(node -> blow.atContract() ? node.contract : node.started && node.batches >= goal);
    return end.isEmpty();
  }

  /** Waits until the run has ended, and says how. */
  String awaitEnd() {
    await(node -> false);
    return end;
  }

  private void await(Predicate<Node> condition) {
    Awaitility.await("the run")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> condition.test(this) || !end.isEmpty() || !process.isAlive());
    if (end.isEmpty() && !condition.test(this)) {
      throw new AssertionError("the process " + process.pid() + " ended by itself");
    }
  }

  boolean hasEnded() {
    return !end.isEmpty();
  }

  /** Whether it may run another one: its memory of lines grows. */
  boolean isFresh() {
    return process.isAlive() && runs < 20;
  }

  void kill() {
    process.killHard();
  }

  void suspend() {
    process.suspend();
  }

  void resume() {
    process.resume();
  }

  @Override
  public void close() {
    process.close();
  }
}
