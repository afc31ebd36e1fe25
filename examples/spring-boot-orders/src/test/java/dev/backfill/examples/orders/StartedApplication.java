package dev.backfill.examples.orders;

import dev.backfill.BackfillDefinition;
import dev.backfill.spring.BackfillRegistry;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The application as a process of its own, and how long its start took. */
final class StartedApplication implements AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String STARTED = "Started OrdersApplication in";

  /**
   * In seconds since the process was started.
   *
   * @param started until Spring Boot says that it has started
   * @param ready until its readiness probe, the first request, is answered with 200 after that
   * @param processor of all its threads until it had started
   */
  record Times(double started, double ready, double processor) {}

  private final Process process;
  private final Times times;

  private StartedApplication(Process process, Times times) {
    this.process = process;
    this.times = times;
  }

  static StartedApplication start(boolean starter, List<String> arguments)
      throws IOException, InterruptedException {
    int port = freePort();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-cp"));
    command.add(starter ? System.getProperty("java.class.path") : withoutStarter());
    command.add(OrdersApplication.class.getName());
    command.add("--server.port=" + port);
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    long began = System.nanoTime();
    Process process = builder.start();
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    awaitStarted(output);
    double started = secondsSince(began);
    double processor = process.info().totalCpuDuration().orElseThrow().toMillis() / 1e3;
    drain(output);
    awaitServing(port);
    return new StartedApplication(process, new Times(started, secondsSince(began), processor));
  }

  Times times() {
    return times;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static String withoutStarter() {
    Set<Path> left = Set.of(home(BackfillRegistry.class), home(BackfillDefinition.class));
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !left.contains(Path.of(entry).toAbsolutePath()))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static Path home(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitStarted(BufferedReader output) throws IOException {
    StringBuilder printed = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.contains(STARTED)) {
        return;
      }
      printed.append(line).append('\n');
    }
    throw new IllegalStateException("The application ended with its start:\n" + printed);
  }

  /** A process whose output nobody reads would wait some day. */
  private static void drain(BufferedReader output) {
    Thread reader = new Thread(() -> output.lines().forEach(line -> {}), "output");
    reader.setDaemon(true);
    reader.start();
  }

  private static void awaitServing(int port) throws IOException, InterruptedException {
    URI probe = URI.create("http://localhost:" + port + "/actuator/health/readiness");
    HttpRequest request = HttpRequest.newBuilder(probe).build();
    while (HTTP.send(request, BodyHandlers.discarding()).statusCode() != 200) {
      Thread.onSpinWait();
    }
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  /** Ends it as a deploy does. */
  @Override
  public void close() {
    // Process.destroy would close the stream that is being read.
    process.toHandle().destroy();
    process.onExit().join();
  }
}
