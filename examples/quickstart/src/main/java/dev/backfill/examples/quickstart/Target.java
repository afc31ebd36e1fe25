package dev.backfill.examples.quickstart;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** The module's target folder, wherever the program is started from. */
final class Target {
  private Target() {}

  static Path folder() {
    try {
      return Path.of(Target.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .resolveSibling("");
    } catch (URISyntaxException e) {
      throw new IllegalStateException("The program does not know where it is", e);
    }
  }
}
