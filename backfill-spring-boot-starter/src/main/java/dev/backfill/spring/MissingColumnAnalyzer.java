package dev.backfill.spring;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Explains Hibernate's "missing column" where a backfill would have added it later. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class MissingColumnAnalyzer extends AbstractFailureAnalyzer<BeanCreationException> {
  private static final Pattern MISSING =
      Pattern.compile("missing column \\[([^\\]]+)\\] in table \\[([^\\]]+)\\]");

  private final Environment environment;

  MissingColumnAnalyzer(Environment environment) {
    this.environment = environment;
  }

  @Override
  protected @Nullable FailureAnalysis analyze(Throwable root, BeanCreationException cause) {
    for (Throwable t = root; t != null; t = t.getCause()) {
      Matcher missing = MISSING.matcher(String.valueOf(t.getMessage()));
      if (missing.find()) {
        return expandedLater() ? analysis(missing.group(1), missing.group(2), cause) : null;
      }
    }
    return null;
  }

  private boolean expandedLater() {
    return Binder.get(environment)
        .bind("backfill.expand", Expand.class)
        .map(expand -> expand == Expand.BACKGROUND)
        .orElse(true);
  }

  private FailureAnalysis analysis(String column, String table, Throwable cause) {
    String owner =
        Binder.get(environment)
            .bind("backfill.definitions", Bindable.mapOf(String.class, Object.class))
            .orElse(Map.of())
            .keySet()
            .stream()
            .filter(
                name ->
                    column.equals(
                        environment.getProperty("backfill.definitions." + name + ".column")))
            .findFirst()
            .map(name -> "backfill.definitions." + name + " adds it")
            .orElse("If a BackfillDefinition bean adds it, it does so");
    return new FailureAnalysis(
        "JPA validates the schema and misses the column \""
            + column
            + "\" of table \""
            + table
            + "\". "
            + owner
            + " after the application has started, which is too late.",
        "Set backfill.expand=before-jpa: the column is then added, empty, before JPA looks.",
        cause);
  }
}
