package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Catalog.Relation;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.KeyChooser;
import dev.backfill.internal.postgres.ServerInfo;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.PreflightException;
import dev.backfill.model.Specification;
import dev.backfill.model.Strategy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Holds a definition against the database before anything is changed. Reads only. Everything that
 * is wrong is found in one go, and each finding says what to do.
 */
public final class Preflight {
  private final Connection connection;
  private final Specification spec;
  private final Findings findings = new Findings();

  private Preflight(Connection connection, Specification spec) {
    this.connection = connection;
    this.spec = spec;
  }

  /**
   * What was found, for a plan.
   *
   * @param prepared empty when a problem keeps the run from being described at all
   */
  public record Inspection(
      Optional<Prepared> prepared, List<String> problems, List<String> missingRights) {}

  /**
   * @throws PreflightException naming every problem and every missing right
   */
  public static Prepared check(Connection connection, Specification spec) throws SQLException {
    Inspection inspection = inspect(connection, spec);
    List<String> all =
        Stream.concat(inspection.problems().stream(), inspection.missingRights().stream()).toList();
    if (!all.isEmpty() || inspection.prepared().isEmpty()) {
      throw new PreflightException(
          "The backfill of "
              + spec.schema().map(s -> Identifiers.quote(s) + ".").orElse("")
              + Identifiers.quote(spec.table())
              + "."
              + Identifiers.quote(spec.column())
              + " cannot start, and nothing was changed: "
              + String.join(" ", all));
    }
    return inspection.prepared().get();
  }

  /** As {@link #check}, without an exception; a role that may only read the table is enough. */
  public static Inspection inspect(Connection connection, Specification spec) throws SQLException {
    Preflight preflight = new Preflight(connection, spec);
    Optional<Prepared> prepared = preflight.prepare();
    return new Inspection(
        prepared,
        List.copyOf(preflight.findings.problems()),
        List.copyOf(preflight.findings.missingRights()));
  }

  private Optional<Prepared> prepare() throws SQLException {
    ServerInfo server = ServerInfo.read(connection);
    TableChecks.server(server, findings);
    Catalog catalog = new Catalog(Jooq.on(connection));
    Optional<Relation> relation = catalog.find(spec.schema(), spec.table());
    if (relation.isEmpty()) {
      findings.problem(noTable());
      return Optional.empty();
    }
    TableChecks.kind(relation.get(), findings);
    if (!findings.none()) {
      return Optional.empty();
    }
    TableInfo table = catalog.describe(relation.get());
    TableChecks.table(table, spec, findings);
    new RightsChecks(connection, findings).check(table, spec.options().stateSchema());
    Optional<String> type = new TypeProbe(connection).canonical(spec.type(), findings);
    Optional<ColumnInfo> existing = table.column(spec.column());
    if (existing.isPresent() && type.isPresent()) {
      TypeProbe.requireSame(existing.get(), type.get(), findings);
    }
    KeyChooser.Choice key = KeyChooser.choose(table, spec.key());
    if (key.key().isEmpty()) {
      findings.problem(key.refusal());
    }
    if (!findings.none() || type.isEmpty() || key.key().isEmpty()) {
      return Optional.empty();
    }
    return prepare(server, table, key.key().get(), type.get());
  }

  private Optional<Prepared> prepare(ServerInfo server, TableInfo table, Key key, String type)
      throws SQLException {
    ExpressionProbe probe = new ExpressionProbe(connection, table);
    boolean parses = parses(table, key, type, probe);
    if (!parses || !findings.none()) {
      return Optional.empty();
    }
    boolean exists = table.column(spec.column()).isPresent();
    Cover cover = new CoverChoice(table, spec, probe, findings).choose();
    new DefaultChecks(connection, table, spec, probe, findings).check(cover);
    boolean instant = !exists && mayBeInstant();
    warn(table, cover, instant);
    return findings.none()
        ? Optional.of(
            new Prepared(
                new Target(spec, server, table, key, type, exists),
                cover,
                instant,
                findings.warnings()))
        : Optional.empty();
  }

  private boolean parses(TableInfo table, Key key, String type, ExpressionProbe probe) {
    if (spec.where().isPresent()) {
      Optional<String> where = probe.scalar("where", spec.where().get(), findings);
      if (where.isPresent() && !where.get().equals("bool")) {
        findings.problem("where is of type " + where.get() + "; it must be a condition.");
      }
    }
    ValueChecks checks = new ValueChecks(connection, table, spec, type, findings);
    if (spec.value() instanceof ColumnValue.Constant constant) {
      checks.constant(constant);
    } else if (spec.value() instanceof ColumnValue.Expression expression) {
      Optional<String> valueType = probe.scalar("The value", expression.sql(), findings);
      if (valueType.isEmpty() || !findings.none()) {
        return false;
      }
      checks.expression(expression.sql(), valueType.get(), Optional.of(key));
    } else if (spec.value() instanceof ColumnValue.Computed computed) {
      checks.inputsExist(computed.inputs());
    }
    return findings.none();
  }

  private boolean mayBeInstant() {
    NewRows newRows = spec.options().newRows();
    return spec.value() instanceof ColumnValue.Constant
        && spec.where().isEmpty()
        && spec.options().strategy() == Strategy.AUTO
        && (newRows == NewRows.AUTO || newRows == NewRows.COLUMN_DEFAULT);
  }

  private void warn(TableInfo table, Cover cover, boolean instant) {
    if (instant) {
      findings.warning(
          "A constant for a new column needs no backfill: PostgreSQL keeps it in the catalog, and no row"
              + " is written"
              + (spec.options().contract() == Contract.SET_NOT_NULL ? "; NOT NULL at once." : ".")
              + " Use strategy(batched()) to fill the rows nevertheless.");
    } else if (cover instanceof Cover.ByDefault) {
      findings.warning("Code that writes NULL into the column by name defeats the default.");
    }
    findings.warning(
        "A prepared SELECT * of the application fails once with \"cached plan must not change result"
            + " type\" when the column is added; most drivers prepare it again.");
    if (table.partitioned()) {
      findings.warning("A table that is attached as a partition from now on must have the column.");
    }
  }

  private String noTable() {
    List<String> similar =
        Jooq.on(connection)
            .fetch(
                "select quote_ident(n.nspname) || '.' || quote_ident(c.relname)"
                    + " from pg_catalog.pg_class c"
                    + " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
                    + " where lower(c.relname) = lower(?) and c.relkind in ('r', 'p') limit 5",
                spec.table())
            .map(r -> r.get(0, String.class));
    return "There is no table "
        + spec.schema().map(s -> Identifiers.quote(s) + ".").orElse("")
        + Identifiers.quote(spec.table())
        + (spec.schema().isEmpty() ? " on the search path" : "")
        + "."
        + (similar.isEmpty()
            ? " Names are taken as the catalog has them, upper and lower case told apart."
            : similar.stream().collect(Collectors.joining(", ", " Did you mean ", "?")));
  }
}
