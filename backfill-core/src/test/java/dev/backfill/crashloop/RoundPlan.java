package dev.backfill.crashloop;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What a round is like: the seed alone decides, so that it can be played again. */
record RoundPlan(long seed, Shape shape, Value value, int rows, Job job, List<Blow> blows) {

  /**
   * How the library is set. It runs without the pacer, which would leave the processors to the
   * traffic for minutes.
   *
   * @param pooled with a pool of four connections instead of one for each use
   */
  record Job(int workers, int batch, boolean pooled) {}

  /**
   * A strike and its moment.
   *
   * @param batches after so many more batches; 0 is as soon as a process owns the run: before that
   *     a start fails at once when the server is out of reach, on purpose
   * @param atContract when the contract begins, instead
   * @param delayMillis how long after that
   * @param outageMillis how long an outage lasts, if the strike is one
   */
  record Blow(Strike strike, int batches, boolean atContract, int delayMillis, int outageMillis) {
    String moment() {
      return atContract ? "contract" : batches == 0 ? "start" : "batch " + batches;
    }
  }

  static RoundPlan of(long seed) {
    Random random = new Random(seed);
    random.nextLong(); // The first draws of neighbouring seeds are alike.
    Shape shape = any(Shape.values(), random);
    int rows = 1_500 + random.nextInt(4_000);
    Value value = any(Value.values(), random);
    Job job = new Job(1 + random.nextInt(2), 25 + random.nextInt(100), random.nextBoolean());
    List<Blow> blows = new ArrayList<>();
    int count = 1 + random.nextInt(2) + random.nextInt(2);
    for (int i = 0; i < count; i++) {
      blows.add(blow(random, rows / job.batch() / count, i == count - 1));
    }
    return new RoundPlan(seed, shape, value, rows, job, List.copyOf(blows));
  }

  private static <T> T any(T[] choices, Random random) {
    return choices[random.nextInt(choices.length)];
  }

  private static Blow blow(Random random, int batches, boolean last) {
    int draw = random.nextInt(100);
    Strike strike =
        draw < 30
            ? Strike.KILL
            : draw < 45
                ? Strike.TERMINATE
                : draw < 60
                    ? Strike.CRASH
                    : draw < 72
                        ? Strike.CUT
                        : draw < 80 ? Strike.STALL : draw < 90 ? Strike.FREEZE : Strike.FAILOVER;
    boolean atContract = last && random.nextInt(6) == 0;
    boolean atStart = random.nextInt(8) == 0;
    int after = 1 + random.nextInt(Math.max(1, batches));
    return new Blow(
        strike,
        atStart ? 0 : after,
        atContract,
        random.nextInt(atContract || atStart ? 60 : 8),
        random.nextInt(random.nextInt(4) == 0 ? 1_500 : 200));
  }

  boolean contains(Strike strike) {
    return blows.stream().anyMatch(blow -> blow.strike() == strike);
  }
}
