package dev.backfill.testing;

import dev.backfill.examples.local.Signals;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A second JVM with the class path, time zone and locale of this one, to be killed or frozen. What
 * it prints, errors too, is copied to this JVM's output.
 */
public final class ChildJvm implements AutoCloseable {
  private final Process process;
  private final Consumer<String> copy;
  private final List<String> output = new CopyOnWriteArrayList<>();
  private final Thread reader;

  private ChildJvm(Process process, Consumer<String> copy) {
    this.process = process;
    this.copy = copy;
    reader = new Thread(this::read, "child-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts the main method of a class. */
  public static ChildJvm start(Class<?> main, String... arguments) {
    return start(System.out::println, main, arguments);
  }

  /** The same with its lines copied elsewhere, each as it comes. */
  public static ChildJvm start(Consumer<String> copy, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(String.join(File.separator, System.getProperty("java.home"), "bin", "java"));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-Duser."))
        .forEach(command::add);
    command.add("-XX:TieredStopAtLevel=1");
    command.add(main.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // Not on the command line, where it may be too long.
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    try {
      return new ChildJvm(builder.start(), copy);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.add(line);
        copy.accept("[child " + process.pid() + "] " + line);
      }
    } catch (IOException e) {
      output.add("the output broke off: " + e.getMessage());
    }
  }

  /**
   * Waits until a line that contains the text has been printed, and returns the first such line.
   *
   * @throws AssertionError when the child ended or the time passed without one; it has the output
   */
  public String awaitLine(String text, Duration atMost) {
    return awaitLine(line -> line.contains(text), "'" + text + "'", atMost);
  }

  /** The same for any condition; {@code description} is what the error calls it. */
  public String awaitLine(Predicate<String> condition, String description, Duration atMost) {
    try {
      Awaitility.await()
          .atMost(atMost)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> first(condition).isPresent() || !reader.isAlive());
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(complaint("printed no " + description + " within " + atMost), e);
    }
    return first(condition)
        .orElseThrow(() -> new AssertionError(complaint("ended without " + description)));
  }

  private Optional<String> first(Predicate<String> condition) {
    return output.stream().filter(condition).findFirst();
  }

  private String complaint(String what) {
    return "the child JVM " + what + "; its output:\n" + String.join("\n", output);
  }

  /** What it has printed so far, line by line. */
  public List<String> output() {
    return List.copyOf(output);
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Writes a line to its standard input. */
  public void tell(String line) {
    try {
      Writer input = process.outputWriter(StandardCharsets.UTF_8);
      input.write(line + System.lineSeparator());
      input.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(complaint("takes no more lines"), e);
    }
  }

  /**
   * SIGKILL: no shutdown hook, no finally, no rollback from the client. Returns when it is dead.
   */
  public void killHard() {
    process.destroyForcibly();
    awaitExit(Duration.ofSeconds(30));
  }

  /** SIGSTOP: all its threads freeze, its connections stay open. */
  public void suspend() {
    Signals.send("-STOP", pid());
  }

  /** SIGCONT: it goes on as if no time had passed. */
  public void resume() {
    Signals.send("-CONT", pid());
  }

  /**
   * Waits for its end and for its last line, and returns the exit code, 137 after {@link
   * #killHard()}.
   */
  public int awaitExit(Duration atMost) {
    try {
      if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(complaint("did not end within " + atMost));
      }
      reader.join();
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    killHard();
  }
}
