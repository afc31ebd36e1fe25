package dev.backfill.examples.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A network link between two processes of this machine: a proxy that lets a given number of bytes
 * pass in a second, in each direction, over all its connections together. Its socket buffers are
 * small, so that bytes under way wait at their sender, where they can be seen.
 */
public final class SlowLink implements AutoCloseable {
  /** The rate of a new link: as fast as it goes. */
  public static final double UNLIMITED = Double.POSITIVE_INFINITY;

  private static final int SOCKET_BUFFER = 32 * 1024;

  private volatile SocketAddress target;
  private final int port;
  private final RateLimit towardsTarget = new RateLimit();
  private final RateLimit fromTarget = new RateLimit();
  private final AtomicLong forwarded = new AtomicLong();
  private final Set<LinkedPair> pairs = ConcurrentHashMap.newKeySet();
  private @Nullable ServerSocketChannel listener;

  private SlowLink(SocketAddress target) {
    this.target = target;
    port = listen(0);
  }

  /**
   * A link to a server, not limited at first. It leaves the server by a Unix socket: the system
   * holds some 0.3 MB for one, and lets 4 MB hide in a TCP socket of this machine.
   */
  public static SlowLink to(LocalPostgres server) {
    return new SlowLink(UnixDomainSocketAddress.of(server.unixSocket()));
  }

  /** A link to a port of this machine, not limited at first. */
  static SlowLink to(int port) {
    return new SlowLink(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
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

  /**
   * Leads new connections to another server, as an address that moves at a failover does; those
   * that are open stay where they are until they are cut.
   */
  public void redirect(LocalPostgres server) {
    target = UnixDomainSocketAddress.of(server.unixSocket());
  }

  /** Lets connections in again after a cut. */
  public synchronized void restore() {
    if (listener == null) {
      listen(port);
    }
  }

  private synchronized int listen(int atPort) {
    try {
      ServerSocketChannel channel = ServerSocketChannel.open();
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      // Before it is bound: what it accepts has the same.
      channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
      channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), atPort));
      listener = channel;
      int bound = channel.socket().getLocalPort();
      Threads.start("link-" + bound, () -> accept(channel));
      return bound;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept(ServerSocketChannel channel) throws IOException {
    while (true) {
      SocketChannel client = channel.accept();
      client.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
      SocketChannel server;
      try {
        server = connect();
      } catch (IOException e) {
        // The client learns it by the end of its own connection.
        client.close();
        continue;
      }
      LinkedPair pair = new LinkedPair(client, server, pairs::remove);
      synchronized (this) {
        if (listener != channel) {
          pair.close();
          return;
        }
        pairs.add(pair);
      }
      pair.pump(client, server, towardsTarget, new AtomicLong());
      pair.pump(server, client, fromTarget, forwarded);
    }
  }

  private SocketChannel connect() throws IOException {
    SocketAddress to = target;
    if (to instanceof UnixDomainSocketAddress) {
      return SocketChannel.open(to);
    }
    SocketChannel channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
    channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
    channel.connect(to);
    return channel;
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
