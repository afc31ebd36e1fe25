package dev.backfill.examples.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The results as a JSON list. */
final class ResultFile {
  private ResultFile() {}

  /** Beside the classes, in the module's target folder, wherever the program is started from. */
  static Path byDefault() {
    try {
      return Path.of(ResultFile.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .resolveSibling("benchmark.json");
    } catch (URISyntaxException e) {
      throw new IllegalStateException("The program does not know where it is; give --out.", e);
    }
  }

  static void write(Path file, List<Result> results) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(file.toFile(), results);
  }
}
