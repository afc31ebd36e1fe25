package dev.backfill.examples.quickstart;

import java.io.IOException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Ends this process as a crash would, with no chance to clean up. */
record KillSwitch(double share) {
  private static final Pattern PERCENT = Pattern.compile("(\\d{1,2})\\s*%");

  static KillSwitch at(String text) {
    Matcher matcher = PERCENT.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "--kill-after takes a share of the work such as 40%, not \"" + text + "\"");
    }
    return new KillSwitch(Integer.parseInt(matcher.group(1)) / 100.0);
  }

  void check(double fraction) {
    if (fraction >= share) {
      System.out.printf(
          Locale.ROOT, "%nSIGKILL at %.0f %%. Start it again to go on.%n", 100 * fraction);
      System.out.flush();
      strike();
    }
  }

  private static void strike() {
    long pid = ProcessHandle.current().pid();
    try {
      new ProcessBuilder("kill", "-KILL", Long.toString(pid)).inheritIO().start().waitFor();
    } catch (IOException e) {
      throw new IllegalStateException("The process could not kill itself", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
