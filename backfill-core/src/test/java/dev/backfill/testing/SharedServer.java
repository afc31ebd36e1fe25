package dev.backfill.testing;

/** Holds the one server of this JVM; when it fails to start, every test says so, after one try. */
final class SharedServer {
  static final SharedServer INSTANCE = new SharedServer();

  private Server server;
  private RuntimeException failure;

  synchronized Server get() {
    if (failure != null) {
      throw new IllegalStateException(failure.getMessage(), failure);
    }
    if (server == null) {
      try {
        server = Server.start(System.getProperty("backfill.test.postgres", Server.EMBEDDED));
      } catch (RuntimeException e) {
        failure = e;
        throw e;
      }
    }
    return server;
  }
}
