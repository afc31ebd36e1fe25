package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.ColumnType;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.KeyChooser;
import dev.backfill.internal.postgres.ServerInfo;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.BadRows;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.NewRows;
import dev.backfill.model.PreflightException;
import dev.backfill.model.Specification;
import dev.backfill.model.Strategy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Holds a definition against the database before anything is changed. Reads only. Everything that
 * is wrong is found in one go, and each finding says what to do.
 */
public final class Preflight {
  private final Connection connection;
  private final Specification spec;
  private final boolean sample;
  private final Findings findings = new Findings();

  private Preflight(Connection connection, Specification spec, boolean sample) {
    this.connection = connection;
    this.spec = spec;
    this.sample = sample;
  }

  /**
   * What was found, for a plan.
   *
   * @param prepared what would run once the rights are there; empty when there are problems
   * @param missingRights statements that give the rights that are missing
   */
  public record Inspection(
      Optional<Prepared> prepared, List<String> problems, List<String> missingRights) {}

  /**
   * @param connection in no transaction
   * @throws PreflightException naming every problem and every missing right
   */
  public static Prepared check(Connection connection, Specification spec) throws SQLException {
    return require(spec, inspect(connection, spec));
  }

  /** The same without trying the value: rows that a run left unfilled may be those that fail. */
  public static Prepared checkFilled(Connection connection, Specification spec)
      throws SQLException {
    return require(spec, inspect(connection, spec, false));
  }

  private static Prepared require(Specification spec, Inspection inspection) {
    List<String> all =
        Stream.concat(
                inspection.problems().stream(),
                inspection.missingRights().stream().map(right -> "A right is missing: " + right))
            .toList();
    if (!all.isEmpty()) {
      throw new PreflightException(
          "The backfill of "
              + spec.schema().map(s -> Identifiers.quote(s) + ".").orElse("")
              + Identifiers.quote(spec.table())
              + "."
              + Identifiers.quote(spec.column())
              + " cannot start; nothing was changed.\n- "
              + String.join("\n- ", all));
    }
    return inspection.prepared().orElseThrow();
  }

  /** As {@link #check}, without an exception; a role that may only read the table is enough. */
  public static Inspection inspect(Connection connection, Specification spec) throws SQLException {
    return inspect(connection, spec, true);
  }

  private static Inspection inspect(Connection connection, Specification spec, boolean sample)
      throws SQLException {
    Preflight preflight = new Preflight(connection, spec, sample);
    Optional<Prepared> prepared = preflight.prepare();
    return new Inspection(
        prepared, preflight.findings.problems(), preflight.findings.missingRights());
  }

  private Optional<Prepared> prepare() throws SQLException {
    ServerInfo server = ServerInfo.read(connection);
    if (!ServerChecks.check(server, findings)) {
      return Optional.empty();
    }
    TableChecks tables = new TableChecks(connection, spec, findings);
    Optional<TableInfo> table = tables.find();
    if (table.isEmpty()) {
      return Optional.empty();
    }
    tables.check(table.get());
    new SignalChecks(connection, findings)
        .check(spec.options().throttling().throttles(), table.get());
    StandbyQueries.check(connection, findings);
    return prepare(server, table.get());
  }

  private Optional<Prepared> prepare(ServerInfo server, TableInfo table) throws SQLException {
    boolean readable =
        new RightsChecks(connection, findings).check(table, spec.options().stateSchema());
    ColumnChecks columns = new ColumnChecks(table, spec, findings);
    columns.check();
    Optional<ColumnType> type = new TypeProbe(connection, findings).resolve(spec.type(), table);
    type.ifPresent(columns::sameType);
    KeyChooser.Choice key = KeyChooser.choose(table, spec.key());
    if (key.key().isEmpty()) {
      findings.problem(key.refusal());
    }
    ExpressionProbe probe = new ExpressionProbe(connection, table, spec.column(), findings);
    Optional<Expression> where = Optional.empty();
    if (spec.where().isPresent()) {
      where = probe.analyseCondition("where", spec.where().get());
    }
    Optional<Expression> value = Optional.empty();
    if (spec.value() instanceof ColumnValue.Expression expression) {
      value = probe.analyse("The value", expression.sql());
    }
    boolean parses =
        where.isPresent() == spec.where().isPresent()
            && value.isPresent() == spec.value() instanceof ColumnValue.Expression;
    if (type.isEmpty() || !parses) {
      return Optional.empty();
    }
    Cover cover = cover(table, type.get(), value, where);
    value(table, type.get(), key.key().filter(k -> readable), value, cover);
    boolean instant = table.column(spec.column()).isEmpty() && mayBeInstant();
    Warnings.add(table, spec, value, cover, instant, findings);
    return key.key()
        .filter(k -> findings.problems().isEmpty())
        .map(k -> target(server, table, k, type.get()))
        .map(t -> new Prepared(t, cover, instant, findings.warnings()));
  }

  private Target target(ServerInfo server, TableInfo table, Key key, ColumnType type) {
    return new Target(
        spec, server, table, key, type.name(), table.column(spec.column()).isPresent());
  }

  /**
   * @param key by which to choose rows for trying the value, empty when it cannot be tried
   */
  private void value(
      TableInfo table, ColumnType type, Optional<Key> key, Optional<Expression> value, Cover cover)
      throws SQLException {
    if (spec.value() instanceof ColumnValue.Constant constant) {
      ConstantCheck.check(connection, constant, type, findings);
    }
    if (value.isEmpty()) {
      return;
    }
    Expression expression = value.get();
    if (!expression.bareLiteral()
        && !AssignmentRules.assignable(connection, expression.type(), type.oid())) {
      findings.problem(
          "The value is of type "
              + expression.typeName()
              + ", which is not assigned to "
              + type.name()
              + " without a cast. Cast it in the expression, or change the column's type.");
      return;
    }
    if (sample && key.isPresent()) {
      String assigned = type.assigned(expression.sql());
      new SampleProbe(
              connection,
              table,
              key.get(),
              spec.column(),
              assigned,
              spec.where(),
              badRows(cover),
              findings)
          .check();
    }
  }

  private SampleProbe.BadRows badRows(Cover cover) {
    if (!(spec.options().badRows() instanceof BadRows.Quarantine)) {
      return SampleProbe.BadRows.REFUSED;
    }
    return cover instanceof Cover.ByTrigger
        ? SampleProbe.BadRows.IN_THE_WAY_OF_TRIGGER
        : SampleProbe.BadRows.PUT_ASIDE;
  }

  private Cover cover(
      TableInfo table, ColumnType type, Optional<Expression> value, Optional<Expression> where) {
    Cover cover = new CoverChoice(table, spec, value, where, findings).choose();
    if (cover instanceof Cover.ByTrigger) {
      LaterTriggers.check(connection, table, spec.column(), findings);
    }
    if (cover instanceof Cover.ByDefault byDefault) {
      table
          .column(spec.column())
          .ifPresent(c -> DefaultCheck.check(connection, c, byDefault, type, findings));
    }
    return cover;
  }

  private boolean mayBeInstant() {
    NewRows newRows = spec.options().newRows();
    return spec.value() instanceof ColumnValue.Constant
        && spec.where().isEmpty()
        && spec.options().strategy() == Strategy.AUTO
        && (newRows == NewRows.AUTO || newRows == NewRows.COLUMN_DEFAULT);
  }
}
