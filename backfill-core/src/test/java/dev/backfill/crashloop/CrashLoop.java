package dev.backfill.crashloop;

import dev.backfill.testing.FailoverServer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Plays rounds until their number is reached or one is wrong. Each has a seed of its own, derived
 * from the loop's and its number. The server is kept from round to round, and may be a former
 * standby.
 */
public final class CrashLoop {
  private final long seed;
  private final Path directory;
  private final PrintStream out;
  private final Summary summary = new Summary();

  CrashLoop(long seed, Path directory, PrintStream out) {
    this.seed = seed;
    this.directory = directory;
    this.out = out;
  }

  /** Arguments: how many rounds, the seed, and optionally the number of the first. */
  public static void main(String[] args) throws IOException {
    long seed = Long.parseLong(args[1]);
    int first = args.length > 2 ? Integer.parseInt(args[2]) : 1;
    new CrashLoop(seed, Path.of("target", "crash-loop"), System.out)
        .play(first, Integer.parseInt(args[0]));
    // HikariCP and the server's streams leave threads.
    System.exit(0);
  }

  /** Plays so many rounds from the given one on; throws what the first wrong one threw. */
  Summary play(int first, int rounds) throws IOException {
    out.printf(Locale.ROOT, "%d rounds from round %d on, seed %d%n", rounds, first, seed);
    try (FailoverServer server = FailoverServer.start();
        Nodes nodes = new Nodes()) {
      out.println(server.database().queryString("select version()"));
      for (int number = first; number < first + rounds; number++) {
        play(server, nodes, number);
      }
    } finally {
      out.println(summary);
    }
    return summary;
  }

  private void play(FailoverServer server, Nodes nodes, int number) throws IOException {
    long roundSeed = new SplittableRandom(seed + number).nextLong();
    RoundPlan plan = RoundPlan.of(roundSeed);
    Path log = directory.resolve("round-" + number + ".log");
    Files.createDirectories(directory);
    long began = System.nanoTime();
    try (PrintStream lines = new PrintStream(log.toFile(), StandardCharsets.UTF_8)) {
      lines.println(plan);
      Round round = new Round(server, nodes, plan, lines::println);
      try {
        round.play();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      } catch (RuntimeException | AssertionError e) {
        e.printStackTrace(lines);
        round.abort();
        Evidence.keep(server, directory.resolve("round-" + number));
        out.printf(
            "round %d WRONG: %s%n%s%nplay it again: -Dseed=%d -Dround=%d -Drounds=1; kept in %s%n",
            number, plan, e, seed, number, directory.toAbsolutePath());
        throw e;
      }
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      summary.add(plan, round.survived(), round.resumed(), took);
      out.printf(
          Locale.ROOT,
          "round %4d  %-13s %-7s %5d rows  %d worker(s)  resumed %d  %5.1f s  %s%n",
          number,
          plan.shape(),
          plan.value(),
          plan.rows(),
          plan.job().workers(),
          round.resumed(),
          took.toMillis() / 1000.0,
          String.join(", ", round.told()));
    }
    Files.delete(log);
  }
}
