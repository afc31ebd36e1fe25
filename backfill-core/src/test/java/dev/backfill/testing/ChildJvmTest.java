package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ChildJvmTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  /** Prints its zone, then a line for each number until it is killed. */
  static final class Counter {
    private Counter() {}

    public static void main(String[] args) throws IOException, InterruptedException {
      System.out.println("zone " + ZoneId.systemDefault());
      if (args.length > 0) {
        System.out.println("last words");
        Runtime.getRuntime().halt(Integer.parseInt(args[0]));
      }
      Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("shutdown hook")));
      for (int i = 0; ; i++) {
        System.out.println("line " + i);
        new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
      }
    }
  }

  @Test
  void runsInTheSameTimeZoneUntilItIsKilledWithoutItsShutdownHooks() {
    try (ChildJvm child = ChildJvm.start(Counter.class)) {
      assertThat(child.awaitLine("zone", LONG)).isEqualTo("zone " + ZoneId.systemDefault());
      child.awaitLine("line 3", LONG);
      child.killHard();
      assertThat(child.isAlive()).isFalse();
      assertThat(child.awaitExit(LONG)).isEqualTo(137);
      assertThat(child.output()).doesNotContain("shutdown hook");
    }
  }

  @Test
  void standsStillWhileSuspended() {
    try (ChildJvm child = ChildJvm.start(Counter.class)) {
      child.awaitLine("line 3", LONG);
      child.suspend();
      // What was under way in the pipe arrives; then nothing more.
      Awaitility.await()
          .atMost(LONG)
          .during(Duration.ofMillis(300))
          .until(() -> child.output().size(), new Unchanging());
      int lines = child.output().size();
      child.resume();
      Awaitility.await().atMost(LONG).until(() -> child.output().size() > lines);
    }
  }

  @Test
  void saysWhatItPrintedWhenItEndsTooSoon() {
    try (ChildJvm child = ChildJvm.start(Counter.class, "3")) {
      assertThatThrownBy(() -> child.awaitLine("line 1", LONG))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("last words");
      assertThat(child.awaitExit(LONG)).isEqualTo(3);
    }
  }

  private static final class Unchanging implements Predicate<Integer> {
    private Integer last;

    @Override
    public boolean test(Integer value) {
      boolean same = value.equals(last);
      last = value;
      return same;
    }
  }
}
