package dev.backfill.examples.local;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The program as it is installed, with its version. */
record PgBouncerBinary(Path path, int major, int minor) {
  private static final Pattern VERSION = Pattern.compile("PgBouncer (\\d+)\\.(\\d+)");

  static PgBouncerBinary find() {
    // Debian has it where only root looks by itself.
    List<Path> folders =
        Stream.concat(
                Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(Path::of),
                Stream.of(Path.of("/usr/sbin")))
            .toList();
    return folders.stream()
        .map(folder -> folder.resolve("pgbouncer"))
        .filter(Files::isExecutable)
        .findFirst()
        .map(PgBouncerBinary::of)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "There is no program pgbouncer in any of "
                        + folders
                        + ". Install it (Debian: apt-get install pgbouncer), or add its folder to"
                        + " PATH."));
  }

  private static PgBouncerBinary of(Path path) {
    try {
      Process process =
          new ProcessBuilder(path.toString(), "--version").redirectErrorStream(true).start();
      String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      Matcher version = VERSION.matcher(told);
      if (!version.find()) {
        throw new IllegalStateException(path + " does not tell its version: " + told);
      }
      return new PgBouncerBinary(
          path, Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In transaction mode, under max_prepared_statements. */
  boolean keepsPreparedStatements() {
    return major > 1 || minor >= 21;
  }
}
