package dev.backfill.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Puts what was measured into a document: no figure there is typed by hand. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = "Prints a result file as tables in Markdown, or puts them into a document.")
final class Report implements Callable<Integer> {
  private static final String BEGIN = "<!-- benchmark: begin -->\n";
  private static final String END = "<!-- benchmark: end -->\n";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--from", description = "JSON file; default: benchmark.json in target")
  private @Nullable Path from;

  @Option(
      names = "--into",
      description = "document in which the tables replace those between the benchmark's marks")
  private @Nullable Path document;

  @Option(names = "--plots", description = "folder for the plots; default: none are drawn")
  private @Nullable Path plots;

  private Report() {}

  @Override
  public Integer call() throws IOException {
    List<Measurement> measurements =
        ResultFile.read(from == null ? ResultFile.byDefault("benchmark.json") : from);
    String tables =
        Markdown.of(measurements) + "\n" + Verdict.markdown(Acceptance.judge(measurements));
    if (document == null) {
      System.out.print(tables);
    } else {
      Files.writeString(document, replaced(Files.readString(document), tables));
    }
    if (plots != null) {
      Files.createDirectories(plots);
      Plot.comparison(plots, measurements);
    }
    return 0;
  }

  private String replaced(String text, String tables) {
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new ParameterException(
          spec.commandLine(),
          "--into: "
              + document
              + " has no line '"
              + BEGIN.strip()
              + "' with '"
              + END.strip()
              + "' behind it; write both where the tables shall stand");
    }
    return text.substring(0, begin + BEGIN.length()) + "\n" + tables + "\n" + text.substring(end);
  }
}
