package dev.backfill.internal.postgres;

import java.util.Collection;
import java.util.stream.Collectors;
import org.jooq.SQLDialect;
import org.jooq.conf.RenderQuotedNames;
import org.jooq.conf.Settings;
import org.jooq.impl.DSL;

/** Quotes identifiers and literals; everything that is spliced into SQL goes through here. */
public final class Identifiers {
  private static final Settings QUOTED =
      new Settings().withRenderQuotedNames(RenderQuotedNames.ALWAYS);

  private Identifiers() {}

  /** Quotes a name of one or more parts: {@code "schema"."table"}. */
  public static String quote(String... parts) {
    return DSL.using(SQLDialect.POSTGRES, QUOTED).render(DSL.name(parts));
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
