package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.ServerInfo;

/** What speaks against the server itself. */
final class ServerChecks {
  private static final int OLDEST = 14;

  private ServerChecks() {}

  /** Whether the catalogs are those of a version that we know. */
  static boolean check(ServerInfo server, Findings findings) {
    if (server.major() < OLDEST) {
      findings.problem(
          "The server is PostgreSQL %d. Use version %d or later."
              .formatted(server.major(), OLDEST));
    }
    if (server.inRecovery()) {
      findings.problem("The server is a standby, in recovery. Connect to the primary.");
    } else if (server.readOnly()) {
      findings.problem(
          "Transactions of this connection are read-only (default_transaction_read_only, or a read-only"
              + " pool). Connect so that they may write.");
    }
    return server.major() >= OLDEST;
  }
}
