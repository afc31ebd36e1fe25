package dev.backfill.examples.orders;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;

/** An application in a process of its own, as it is deployed. */
final class ApplicationProcess implements AutoCloseable {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Process process;
  private final int port;
  private final Path output;

  private ApplicationProcess(Process process, int port, Path output) {
    this.process = process;
    this.port = port;
    this.output = output;
  }

  /** Starts it and returns once it serves. */
  static ApplicationProcess start(Class<?> main, String... arguments) throws IOException {
    return start(main, List.of("-cp", System.getProperty("java.class.path")), arguments);
  }

  /** The same with options of the JVM, the class path among them. */
  static ApplicationProcess start(Class<?> main, List<String> jvm, String... arguments)
      throws IOException {
    int port = freePort();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx256m"));
    command.addAll(jvm);
    command.add(main.getName());
    command.add("--server.port=" + port);
    command.addAll(Arrays.asList(arguments));
    File output = File.createTempFile(main.getSimpleName(), ".log");
    ApplicationProcess application =
        new ApplicationProcess(
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start(),
            port,
            output.toPath());
    application.awaitReady();
    return application;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady() {
    Awaitility.await("the application's start")
        .atMost(LONG)
        .until(() -> !process.isAlive() || serves());
    if (!process.isAlive()) {
      throw new IllegalStateException("The application ended with its start:\n" + output());
    }
  }

  private boolean serves() throws InterruptedException {
    try {
      // Not found is an answer too: the version before has no health.
      return get("/actuator/health").statusCode() < 500;
    } catch (IOException e) {
      return false;
    }
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return HTTP.send(request(path).build(), BodyHandlers.ofString());
  }

  HttpResponse<String> placeOrder() throws IOException, InterruptedException {
    return HTTP.send(
        request("/orders")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{\"customer\": \"somebody\", \"amountCents\": 700}"))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).timeout(LONG);
  }

  /** What it has printed so far. */
  String output() {
    try {
      return Files.readString(output, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** SIGTERM, as a deploy ends it. */
  void end() {
    process.destroy();
    awaitEnd();
  }

  @Override
  public void close() {
    end();
  }

  private void awaitEnd() {
    Awaitility.await("the application's end").atMost(LONG).until(() -> !process.isAlive());
  }
}
