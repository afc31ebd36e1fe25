package dev.backfill.examples.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Results as JSON. */
final class ResultFile {
  private ResultFile() {}

  /** Beside the classes, in the module's target folder, wherever the program is started from. */
  static Path byDefault(String name) {
    try {
      return Path.of(ResultFile.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .resolveSibling(name);
    } catch (URISyntaxException e) {
      throw new IllegalStateException("The program does not know where it is; give --out.", e);
    }
  }

  static void write(Path file, Object results) throws IOException {
    createFolder(file);
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(file.toFile(), results);
  }

  static List<Measurement> read(Path file) throws IOException {
    return List.of(new ObjectMapper().readValue(file.toFile(), Measurement[].class));
  }

  static void createFolder(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
  }
}
