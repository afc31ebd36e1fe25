package dev.backfill;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The document of cases and the tests of all modules tell the same: by the sources, since those of
 * the starter's tests are compiled elsewhere.
 */
class CasesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern ROW = Pattern.compile("(?m)^\\| ([A-Z]\\d+) \\|.*\\| (.*) \\|$");
  private static final Pattern TEST = Pattern.compile("`(\\w+\\.\\w+)`");
  private static final Pattern NUMBER = Pattern.compile("[TDCLSE]\\d+");
  private static final Pattern NAME =
      Pattern.compile(
          "@(?:DisplayName|ParameterizedTest|Label)\\(\\s*(?:name\\s*=\\s*)?"
              + "\"((?:[TDCLSE]\\d+(?:, )?)+):");
  private static final Pattern METHOD =
      Pattern.compile("\\n {2,}(?:(?:public|private|static|final) )*void (\\w+)\\(");

  /** A line of the document: a case and the tests that it names. */
  private record Case(String number, List<String> tests) {}

  /** A test whose display name begins with numbers. */
  private record Numbered(String test, Set<String> numbers) {}

  private final List<Case> cases = cases();
  private final List<Numbered> tests = tests();

  @Test
  void eachCaseHasATest() {
    assertThat(cases).isNotEmpty();
    for (Case each : cases) {
      assertThat(testsOf(each.number())).as(each.number()).isNotEmpty();
    }
  }

  @Test
  void eachTestThatIsNamedCarriesTheNumber() {
    for (Case each : cases) {
      assertThat(each.tests()).as(each.number()).isNotEmpty();
      assertThat(testsOf(each.number())).as(each.number()).containsAll(each.tests());
    }
  }

  @Test
  void eachNumberOfATestIsACase() {
    assertThat(cases)
        .extracting(Case::number)
        .doesNotHaveDuplicates()
        .containsAll(tests.stream().flatMap(t -> t.numbers().stream()).collect(toSet()));
  }

  private List<String> testsOf(String number) {
    return tests.stream().filter(t -> t.numbers().contains(number)).map(Numbered::test).toList();
  }

  private static List<Case> cases() {
    return ROW.matcher(read(ROOT.resolve("docs/cases.md")))
        .results()
        .map(row -> new Case(row.group(1), all(TEST, row.group(2))))
        .toList();
  }

  private static List<Numbered> tests() {
    List<Numbered> found = new ArrayList<>();
    for (String module : List.of("backfill-core", "backfill-spring-boot-starter-tests")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
        files.filter(f -> f.toString().endsWith(".java")).forEach(f -> addTo(found, f));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return found;
  }

  private static void addTo(List<Numbered> found, Path file) {
    String source = read(file);
    String type = file.getFileName().toString().replace(".java", "");
    NAME.matcher(source)
        .results()
        .forEach(
            name ->
                found.add(
                    new Numbered(
                        type + "." + methodAfter(source, name.end()),
                        Set.copyOf(all(NUMBER, name.group(1))))));
  }

  private static String methodAfter(String source, int at) {
    return METHOD.matcher(source.substring(at)).results().findFirst().orElseThrow().group(1);
  }

  private static List<String> all(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(m -> m.groupCount() == 0 ? m.group() : m.group(1))
        .toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
