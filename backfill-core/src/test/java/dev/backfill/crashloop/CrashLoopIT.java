package dev.backfill.crashloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("long")
class CrashLoopIT {
  @Test
  @DisplayName(
      "C1, C2, C3, C4, C5, C7, C11, L12: struck at random, every row right and updated once")
  void everyRoundIsRight() throws IOException {
    int rounds = Integer.getInteger("crash-loop.rounds", 20);
    long seed = Long.getLong("crash-loop.seed", new Random().nextLong(1, 1_000_000_000));
    int first = Integer.getInteger("crash-loop.round", 1);

    Summary summary =
        new CrashLoop(seed, Path.of("target", "crash-loop"), System.out).play(first, rounds);

    assertThat(summary.rounds()).isEqualTo(rounds);
  }
}
