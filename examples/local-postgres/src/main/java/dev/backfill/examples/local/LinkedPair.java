package dev.backfill.examples.local;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Two sockets, each fed with what the other reads; when one ends, so does the other. */
final class LinkedPair {
  /** At most what a slow link passes in some milliseconds, so that its bytes come evenly. */
  private static final int CHUNK = 8 * 1024;

  private final SocketChannel client;
  private final SocketChannel server;
  private final Consumer<LinkedPair> atEnd;
  private final List<Thread> pumps = new CopyOnWriteArrayList<>();

  LinkedPair(SocketChannel client, SocketChannel server, Consumer<LinkedPair> atEnd) {
    this.client = client;
    this.server = server;
    this.atEnd = atEnd;
  }

  void pump(SocketChannel from, SocketChannel to, RateLimit limit, AtomicLong count) {
    pumps.add(Threads.start("link-pump", () -> copy(from, to, limit, count)));
  }

  private void copy(SocketChannel from, SocketChannel to, RateLimit limit, AtomicLong count)
      throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
    try {
      while (from.read(chunk.clear()) >= 0) {
        limit.pass(chunk.flip().remaining());
        while (chunk.hasRemaining()) {
          count.addAndGet(to.write(chunk));
        }
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
