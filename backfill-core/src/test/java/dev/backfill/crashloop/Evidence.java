package dev.backfill.crashloop;

import dev.backfill.testing.FailoverServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/** What a wrong round leaves: the server's files, to be started again and looked into. */
final class Evidence {
  private Evidence() {}

  static void keep(FailoverServer server, Path directory) throws IOException {
    server.primary().stopImmediately();
    Path data = server.primary().dataDirectory();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path copy = directory.resolve(data.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else if (Files.isRegularFile(file)) {
          Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }
}
