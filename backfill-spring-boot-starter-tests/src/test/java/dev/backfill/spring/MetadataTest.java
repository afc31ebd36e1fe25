package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.jayway.jsonpath.JsonPath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetadataTest {

  @Test
  void everyPropertyIsInTheMetadataNestedOnesIncluded() {
    List<String> expected = new ArrayList<>();
    names("backfill.", BackfillProperties.class, expected);
    names("backfill.definitions.*.", DefinitionProperties.class, expected);
    assertThat(properties())
        .extracting(p -> p.get("name"))
        .containsExactlyInAnyOrderElementsOf(List.copyOf(expected));
  }

  @Test
  void everyPropertyIsDescribed() {
    assertThat(properties())
        .filteredOn(p -> !p.get("name").equals("backfill.definitions"))
        .allSatisfy(p -> assertThat(p.get("description")).asString().endsWith("."));
  }

  @Test
  void theGuideHasThemAllInItsTable() throws IOException {
    String guide = Files.readString(Path.of("..", "..", "docs", "spring-boot.md"));
    StringBuilder table = new StringBuilder("| property | default | |\n|---|---|---|\n");
    for (Map<String, Object> p : properties()) {
      Object value = p.get("defaultValue");
      table.append(
          "| `%s` | %s | %s |\n"
              .formatted(p.get("name"), value == null ? "" : "`" + value + "`", p.get("description")));
    }
    assertThat(guide).contains(table);
  }

  private static void names(String prefix, Class<?> type, List<String> names) {
    for (RecordComponent component : type.getRecordComponents()) {
      String name =
          prefix
              + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
      if (component.getType().isRecord()) {
        names(name + ".", component.getType(), names);
      } else {
        names.add(name);
      }
    }
  }

  private static List<Map<String, Object>> properties() {
    try {
      for (URL url :
          Collections.list(
              MetadataTest.class
                  .getClassLoader()
                  .getResources("META-INF/spring-configuration-metadata.json"))) {
        String json = new String(url.openStream().readAllBytes(), StandardCharsets.UTF_8);
        if (json.contains("dev.backfill.spring")) {
          // Boot's processor makes some for an endpoint, of its own.
          return JsonPath.read(json, "$.properties[?(@.name =~ /backfill\\..*/)]");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new IllegalStateException("the starter has no metadata");
  }
}
