package dev.backfill.examples.quickstart;

/** A backfill from a fresh clone, on an embedded PostgreSQL. */
public final class Quickstart {

  private Quickstart() {}

  public static void main(String[] args) {
    System.out.println("Quickstart " + String.join(" ", args));
  }
}
