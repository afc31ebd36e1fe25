package dev.backfill.examples.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Two sockets, each fed with what the other reads; when one ends, so does the other. */
final class LinkedPair {
  /** At most what a slow link passes in some milliseconds, so that its bytes come evenly. */
  private static final int CHUNK = 8 * 1024;

  private final Socket client;
  private final Socket server;
  private final Consumer<LinkedPair> atEnd;
  private final List<Thread> pumps = new CopyOnWriteArrayList<>();

  LinkedPair(Socket client, Socket server, Consumer<LinkedPair> atEnd) {
    this.client = client;
    this.server = server;
    this.atEnd = atEnd;
  }

  void pump(Socket from, Socket to, RateLimit limit, AtomicLong count) {
    pumps.add(Threads.start("link-pump", () -> copy(from, to, limit, count)));
  }

  private void copy(Socket from, Socket to, RateLimit limit, AtomicLong count) throws IOException {
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        limit.pass(n);
        out.write(chunk, 0, n);
        count.addAndGet(n);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
  }

  void close() {
    SlowLink.close(client);
    SlowLink.close(server);
    pumps.stream().filter(p -> p != Thread.currentThread()).forEach(Thread::interrupt);
    atEnd.accept(this);
  }
}
