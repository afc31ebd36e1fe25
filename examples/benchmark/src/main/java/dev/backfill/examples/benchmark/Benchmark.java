package dev.backfill.examples.benchmark;

/** How a backfill compares with a single UPDATE. */
public final class Benchmark {

  private Benchmark() {}

  public static void main(String[] args) {
    System.out.println("Benchmark " + String.join(" ", args));
  }
}
