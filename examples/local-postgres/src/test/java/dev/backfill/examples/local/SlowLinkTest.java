package dev.backfill.examples.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SlowLinkTest {
  private static final double MB = 1_000_000;

  /** Sends as much as it is let to. */
  private ServerSocket source;

  private final AtomicLong sent = new AtomicLong();
  private SlowLink link;
  private Socket client;

  @BeforeEach
  void open() throws IOException {
    source = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Threads.start(
        "source",
        () -> {
          while (true) {
            Socket socket = source.accept();
            Threads.start("sender", () -> send(socket));
          }
        });
    link = SlowLink.to(source.getLocalPort());
  }

  private void send(Socket socket) throws IOException {
    byte[] bytes = new byte[4096];
    while (true) {
      socket.getOutputStream().write(bytes);
      sent.addAndGet(bytes.length);
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), link.port());
    Threads.start(
        "sink", () -> socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream()));
    return socket;
  }

  @AfterEach
  void close() throws IOException {
    link.close();
    source.close();
    client.close();
  }

  /** Bytes per second, by the time that two seconds' worth of the rate takes. */
  private double measured(double rate) {
    long start = System.nanoTime();
    long bytes = link.forwarded();
    await().pollInterval(Duration.ofMillis(5)).until(() -> link.forwarded() - bytes >= 2 * rate);
    return (link.forwarded() - bytes) * 1e9 / (System.nanoTime() - start);
  }

  @Test
  void keepsARateAndItsChangeWithinATenth() throws Exception {
    for (double rate : new double[] {4 * MB, 1 * MB, 8 * MB}) {
      link.rate(rate);
      if (client == null) {
        client = connect();
      }
      // A machine that is too busy to send at all says nothing of the limit: the best of some.
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> assertThat(measured(rate)).isCloseTo(rate, Percentage.withPercentage(10)));
    }
  }

  @Test
  void sharesTheRateAmongItsConnections() throws Exception {
    link.rate(2 * MB);
    client = connect();
    try (Socket second = connect()) {
      assertThat(second.isConnected()).isTrue();
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(measured(2 * MB)).isCloseTo(2 * MB, within(0.2 * MB)));
    }
  }

  @Test
  void isFastWithoutARate() throws Exception {
    client = connect();
    await().untilAsserted(() -> assertThat(link.forwarded()).isGreaterThan((long) (100 * MB)));
  }

  @Test
  void stallsWithoutBreakingConnections() throws Exception {
    link.rate(0);
    client = connect();
    await().until(() -> sent.get() > 0);
    await().during(Duration.ofMillis(500)).until(() -> link.forwarded() < 20_000);
    link.rate(4 * MB);
    await().until(() -> link.forwarded() > MB);
    assertThat(client.isClosed()).isFalse();
  }

  @Test
  void refusesConnectionsWhileItIsCut() throws Exception {
    client = connect();
    await().until(() -> link.forwarded() > MB);
    link.cut();
    long bytes = link.forwarded();
    assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
    assertThat(client.getInputStream().read()).isNegative();
    link.restore();
    client = connect();
    await().until(() -> link.forwarded() > bytes + MB);
  }
}
