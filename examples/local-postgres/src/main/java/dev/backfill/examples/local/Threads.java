package dev.backfill.examples.local;

import java.io.IOException;

/** Background threads that live as long as their sockets. */
final class Threads {
  private Threads() {}

  /** What ends when a socket under it is closed. */
  interface SocketTask {
    void run() throws IOException;
  }

  static Thread start(String name, SocketTask task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException closed) {
                // The normal end: a link is over when a socket is.
                return;
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
