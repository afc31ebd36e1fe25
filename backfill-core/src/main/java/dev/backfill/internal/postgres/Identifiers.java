package dev.backfill.internal.postgres;

import java.util.Collection;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.conf.RenderQuotedNames;
import org.jooq.conf.Settings;
import org.jooq.impl.DSL;

/** Quotes identifiers and literals; everything that is spliced into SQL goes through here. */
public final class Identifiers {
  // One for all, since each batch quotes a dozen names and making it takes longer than that. Nobody
  // changes its settings, so threads may share it.
  private static final DSLContext QUOTED =
      DSL.using(
          SQLDialect.POSTGRES, new Settings().withRenderQuotedNames(RenderQuotedNames.ALWAYS));

  private Identifiers() {}

  /** Quotes a name of one or more parts: {@code "schema"."table"}. */
  public static String quote(String... parts) {
    return QUOTED.render(DSL.name(parts));
  }

  /** Quotes each name and joins them by commas. */
  public static String quoteAll(Collection<String> names) {
    return names.stream().map(Identifiers::quote).collect(Collectors.joining(", "));
  }

  /** A string literal of unknown type, for DDL, where nothing can be bound. */
  public static String literal(String text) {
    // E'' with doubled backslashes reads the same whatever standard_conforming_strings says.
    String doubled = text.replace("'", "''");
    return doubled.indexOf('\\') < 0
        ? "'" + doubled + "'"
        : " E'" + doubled.replace("\\", "\\\\") + "'";
  }
}
