package dev.backfill.examples.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A network link between two processes of this machine: a TCP proxy that lets a given number of
 * bytes pass in a second, in each direction, over all its connections together. Its socket buffers
 * are small, so that bytes under way wait at their sender, where they can be seen. What the
 * sender's own system buffers is beyond its reach.
 */
public final class SlowLink implements AutoCloseable {
  /** The rate of a new link: as fast as it goes. */
  public static final double UNLIMITED = Double.POSITIVE_INFINITY;

  private static final int SOCKET_BUFFER = 32 * 1024;

  private final InetSocketAddress target;
  private final int port;
  private final RateLimit towardsTarget = new RateLimit();
  private final RateLimit fromTarget = new RateLimit();
  private final AtomicLong forwarded = new AtomicLong();
  private final Set<LinkedPair> pairs = ConcurrentHashMap.newKeySet();
  private @Nullable ServerSocket listener;

  private SlowLink(int targetPort) {
    target = new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort);
    port = listen(0);
  }

  /** A link to a port of this machine, not limited at first. */
  public static SlowLink to(int targetPort) {
    return new SlowLink(targetPort);
  }

  /** Where to connect to, on localhost; it stays the same when the link is cut and restored. */
  public int port() {
    return port;
  }

  /**
   * Changes the rate, at once and for the connections that are open too.
   *
   * @param bytesPerSecond in each direction; 0 stalls the link, its connections stay open
   */
  public void rate(double bytesPerSecond) {
    if (!(bytesPerSecond >= 0)) {
      throw new IllegalArgumentException("bytesPerSecond must be at least 0: " + bytesPerSecond);
    }
    towardsTarget.set(bytesPerSecond);
    fromTarget.set(bytesPerSecond);
  }

  /** Bytes per second. */
  public double rate() {
    return fromTarget.get();
  }

  /** How many bytes have come from the target through the link so far. */
  public long forwarded() {
    return forwarded.get();
  }

  /** Breaks the connections; new ones are refused. */
  public synchronized void cut() {
    if (listener != null) {
      close(listener);
      listener = null;
    }
    pairs.forEach(LinkedPair::close);
  }

  /** Lets connections in again after a cut. */
  public synchronized void restore() {
    if (listener == null) {
      listen(port);
    }
  }

  private synchronized int listen(int atPort) {
    try {
      ServerSocket socket = new ServerSocket();
      socket.setReuseAddress(true);
      // Before it is bound: what it accepts has the same.
      socket.setReceiveBufferSize(SOCKET_BUFFER);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), atPort));
      listener = socket;
      Threads.start("link-" + socket.getLocalPort(), () -> accept(socket));
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept(ServerSocket socket) throws IOException {
    while (true) {
      Socket client = socket.accept();
      client.setSendBufferSize(SOCKET_BUFFER);
      Socket server = new Socket();
      server.setReceiveBufferSize(SOCKET_BUFFER);
      server.setSendBufferSize(SOCKET_BUFFER);
      LinkedPair pair = new LinkedPair(client, server, pairs::remove);
      try {
        server.connect(target);
      } catch (IOException e) {
        // The client learns it by the end of its own connection.
        pair.close();
        continue;
      }
      synchronized (this) {
        if (listener != socket) {
          pair.close();
          return;
        }
        pairs.add(pair);
      }
      pair.pump(client, server, towardsTarget, new AtomicLong());
      pair.pump(server, client, fromTarget, forwarded);
    }
  }

  static void close(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Cuts it for good. */
  @Override
  public void close() {
    cut();
  }
}
