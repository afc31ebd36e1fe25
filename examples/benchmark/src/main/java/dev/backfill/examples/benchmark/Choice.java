package dev.backfill.examples.benchmark;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What options may say. */
final class Choice {
  private Choice() {}

  /** Those that are named, in their own order; all of them when none is. */
  static <T> List<T> among(
      CommandSpec spec,
      String option,
      List<T> all,
      @Nullable List<String> names,
      Function<T, String> nameOf) {
    if (names == null) {
      return all;
    }
    List<String> known = all.stream().map(nameOf).toList();
    if (!known.containsAll(names)) {
      throw new ParameterException(
          spec.commandLine(), option + " knows " + known + ", not " + names);
    }
    return all.stream().filter(t -> names.contains(nameOf.apply(t))).toList();
  }

  static void atLeastOne(CommandSpec spec, String option, long value) {
    atLeast(spec, option, 1, value);
  }

  static void atLeast(CommandSpec spec, String option, long least, long value) {
    if (value < least) {
      throw new ParameterException(
          spec.commandLine(), option + " must be at least " + least + ", was " + value);
    }
  }

  /** An amount of memory, as the server's settings have it. */
  static void bytes(CommandSpec spec, String option, String value) {
    if (!value.matches("[1-9][0-9]{0,8}(kB|MB|GB)")) {
      throw new ParameterException(
          spec.commandLine(),
          option + " must be a number with kB, MB or GB behind it, such as 128MB, was " + value);
    }
  }
}
