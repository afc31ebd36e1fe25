package dev.backfill.internal.postgres;

import java.util.Set;

/**
 * The type that the column has or will have.
 *
 * @param name with its modifier, as format_type prints it
 * @param baseName the name in pg_type of the type, or of the one that a domain stands for
 * @param modifier the length modifier as pg_attribute has it, -1 for none
 */
public record ColumnType(String name, long oid, String baseName, int modifier) {
  // Their casts cut silently, their assignment does not; the last argument tells the two apart.
  private static final Set<String> CUT_BY_A_CAST = Set.of("varchar", "bpchar", "bit", "varbit");

  /** An expression as the column would take it: converted, or refused when it is too long. */
  public String assigned(String sql) {
    if (modifier < 0 || !CUT_BY_A_CAST.contains(baseName)) {
      return "cast((" + sql + "\n) as " + name + ")";
    }
    String base = Identifiers.quote("pg_catalog", baseName);
    return "%s(cast((%s\n) as %s), %d, false)".formatted(base, sql, base, modifier);
  }
}
