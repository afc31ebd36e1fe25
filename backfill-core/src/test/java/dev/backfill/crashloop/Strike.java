package dev.backfill.crashloop;

/** What happens to a run. */
enum Strike {
  KILL("SIGKILL of the owner's JVM, another one goes on"),
  TERMINATE("the owner's sessions terminated"),
  CRASH("the server stopped immediately and started again"),
  CUT("the owner's network cut, and restored"),
  STALL("the owner's network stalled with its connections open"),
  FREEZE("SIGSTOP of the owner past its lease, takeover, SIGCONT: fenced"),
  FAILOVER("the primary lost, its synchronous standby promoted");

  private final String description;

  Strike(String description) {
    this.description = description;
  }

  String description() {
    return description;
  }
}
