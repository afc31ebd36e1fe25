package dev.backfill.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file system of some megabytes in memory, which can be filled until the kernel says that no
 * space is left, and freed again. Close it after the server that has files there.
 */
public final class SmallDisk implements AutoCloseable {
  private static final int BLOCK = 4096;

  private final Path directory;

  private SmallDisk(Path directory) {
    this.directory = directory;
  }

  /**
   * Mounts an empty one. Where nothing may be mounted, as by who is not root, the test is reported
   * as skipped, with the reason.
   */
  public static SmallDisk mount(int megabytes) {
    try {
      Path directory = Files.createTempDirectory("backfill-disk-");
      String refused =
          run(
              "mount",
              "-t",
              "tmpfs",
              "-o",
              "mode=0700,size=" + megabytes + "m",
              "backfill",
              directory.toString());
      if (!refused.isEmpty()) {
        Files.delete(directory);
      }
      assumeThat(refused)
          .as("a disk of its own can be mounted, which takes root on Linux")
          .isEmpty();
      return new SmallDisk(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path directory() {
    return directory;
  }

  /** Moves a directory of a stopped server here and leaves a link in its place. */
  public void take(Path source) {
    Path target = directory.resolve(source.getFileName());
    try (Stream<Path> files = Files.walk(source)) {
      List<Path> all = files.toList();
      for (Path file : all) {
        Files.copy(
            file, target.resolve(source.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      }
      for (Path file : all.stream().sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
      Files.createSymbolicLink(source, target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes all room but so many bytes. */
  public void fill(long left) {
    try (OutputStream file = Files.newOutputStream(ballast())) {
      long room = Files.getFileStore(directory).getUsableSpace() - left;
      for (long blocks = room / BLOCK; blocks > 0; blocks--) {
        file.write(new byte[BLOCK]);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives back what {@link #fill} has taken. */
  public void free() {
    try {
      Files.delete(ballast());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path ballast() {
    return directory.resolve("ballast");
  }

  @Override
  public void close() {
    String refused = run("umount", directory.toString());
    if (!refused.isEmpty()) {
      throw new IllegalStateException(refused);
    }
    try {
      Files.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns why it did not work; empty when it did. */
  private static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
      return process.waitFor() == 0 ? "" : String.join(" ", command) + ": " + output;
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
