package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import dev.backfill.model.Specification;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Refuses to replace a default that an existing column has. */
final class DefaultChecks {
  private final Connection connection;
  private final TableInfo table;
  private final Specification spec;
  private final ExpressionProbe probe;
  private final Findings findings;

  DefaultChecks(
      Connection connection,
      TableInfo table,
      Specification spec,
      ExpressionProbe probe,
      Findings findings) {
    this.connection = connection;
    this.table = table;
    this.spec = spec;
    this.probe = probe;
    this.findings = findings;
  }

  void check(Cover cover) {
    Optional<String> existing = table.column(spec.column()).flatMap(ColumnInfo::defaultExpression);
    if (cover instanceof Cover.ByDefault ours
        && existing.isPresent()
        && !same(existing.get(), ours.defaultSql())) {
      findings.problem(
          "Column "
              + Identifiers.quote(spec.column())
              + " has the default "
              + existing.get()
              + " already, and the value is "
              + ours.defaultSql()
              + ". Drop that default, or say newRows(application()).");
    }
  }

  /** By the server's own text, for volatile ones, or by what they come to, for typed constants. */
  private boolean same(String existing, String ours) {
    if (probe.deparsed(ours).equals(probe.deparsed(existing))) {
      return true;
    }
    try {
      return new Probe(connection)
          .select(
              "select (%s)::text is not distinct from cast((%s\n) as %s)::text"
                  .formatted(existing, ours, spec.type()))
          .rows()
          .get(0)
          .get(0)
          .equals("t");
    } catch (SQLException e) {
      // What cannot be compared is not the same; the message shows both.
      return false;
    }
  }
}
