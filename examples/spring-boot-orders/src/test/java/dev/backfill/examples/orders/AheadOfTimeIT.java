package dev.backfill.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application as Spring compiles it ahead of time, on a JVM: conditions are frozen then. */
class AheadOfTimeIT {
  private static final String PATH = System.getProperty("java.class.path");

  @TempDir private static Path folder;

  @BeforeAll
  static void compile() throws Exception {
    Process processor =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                PATH,
                "org.springframework.boot.SpringApplicationAotProcessor",
                OrdersApplication.class.getName(),
                folder.resolve("sources").toString(),
                folder.resolve("resources").toString(),
                folder.resolve("classes").toString(),
                "dev.backfill",
                "orders",
                "--spring.datasource.url=jdbc:postgresql://localhost:1/nowhere")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("processor.log").toFile())
            .start();
    assertThat(processor.waitFor())
        .withFailMessage(() -> read(folder.resolve("processor.log")))
        .isZero();
    Files.createDirectories(folder.resolve("classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("-proc:none", "-nowarn", "-cp", PATH));
    arguments.addAll(List.of("-d", folder.resolve("classes").toString()));
    try (Stream<Path> files = Files.walk(folder.resolve("sources"))) {
      files.map(Path::toString).filter(f -> f.endsWith(".java")).forEach(arguments::add);
    }
    assertThat(compiler.run(null, null, null, arguments.toArray(String[]::new))).isZero();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static ApplicationProcess start(OrdersDatabase database, String... more)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of(database.url(), "--orders.rows=2000"));
    arguments.addAll(List.of(more));
    String compiled =
        String.join(
            File.pathSeparator,
            folder.resolve("classes").toString(),
            folder.resolve("resources").toString(),
            PATH);
    return ApplicationProcess.start(
        OrdersApplication.class,
        List.of("-Dspring.aot.enabled=true", "-cp", compiled),
        arguments.toArray(String[]::new));
  }

  @Test
  void theBackfillRunsAndMayStillBeSwitchedOff() throws Exception {
    try (OrdersDatabase database = new OrdersDatabase()) {
      try (ApplicationProcess off = start(database, "--backfill.enabled=false")) {
        assertThat(off.get("/actuator/health").statusCode()).isEqualTo(200);
        assertThat(off.output()).contains("Starting AOT-processed OrdersApplication");
        assertThat(database.query("select to_regnamespace('backfill')")).isEqualTo("null");
      }
      try (ApplicationProcess on = start(database)) {
        database.awaitRun("state = 'DONE'");
        assertThat(on.get("/orders/1").statusCode()).isEqualTo(200);
        assertThat(database.wrongOrders()).isEqualTo("0");
        assertThat(database.refusesNull()).isTrue();
      }
    }
  }
}
