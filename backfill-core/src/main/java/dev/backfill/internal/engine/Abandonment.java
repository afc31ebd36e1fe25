package dev.backfill.internal.engine;

import dev.backfill.internal.checkpoint.AbandonStore;
import dev.backfill.internal.checkpoint.RunRow;
import dev.backfill.internal.checkpoint.RunStore;
import dev.backfill.internal.contract.OwnConstraint;
import dev.backfill.internal.expand.OwnObjects;
import dev.backfill.internal.postgres.BoundedRead;
import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.DdlGuard;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.LockMode;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.model.LockNotAcquiredException;
import dev.backfill.model.Phase;
import dev.backfill.model.RunFailedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jooq.exception.DataAccessException;

/**
 * Takes away what a run has created, as far as it is there and the run's own: the catalogs and the
 * run's row say so together.
 *
 * <p>All of it goes in one transaction. Others stall once and not five times, no row is written
 * between two of the steps that the one before has left without a value, and a crash leaves all of
 * it or nothing.
 */
final class Abandonment {
  private final DdlGuard guard;
  private final RunStore runs;
  private final String stateSchema;
  private final AbandonStore abandons;

  Abandonment(DdlGuard guard, RunStore runs, String stateSchema) {
    this.abandons = new AbandonStore(stateSchema);
    this.guard = guard;
    this.runs = runs;
    this.stateSchema = stateSchema;
  }

  /**
   * @param fence is asked in the transaction that drops, before its commit
   * @return what was dropped and what was kept, for the history
   */
  String takeAway(Connection connection, RunRow run, DdlGuard.BeforeCommit fence)
      throws SQLException, InterruptedException {
    Remains remains =
        BoundedRead.of(connection, run.tableOid(), run.tableName(), tx -> read(tx, run));
    if (!remains.statements().isEmpty()) {
      try {
        drop(
            connection,
            run,
            remains,
            tx -> {
              requireSame(tx, run, remains);
              fence.check(tx);
            });
      } catch (LockNotAcquiredException e) {
        throw new LockNotAcquiredException(
            "Run " + run.name() + " is not abandoned yet. " + e.getMessage() + next(), e);
      } catch (SQLException | DataAccessException e) {
        throw refused(run, e);
      }
    }
    return remains.detail();
  }

  private void drop(Connection connection, RunRow run, Remains remains, DdlGuard.BeforeCommit fence)
      throws SQLException, InterruptedException {
    if (remains.tables().isEmpty()) {
      Tx.run(
          connection,
          tx -> {
            remains.statements().forEach(Jooq.on(tx)::execute);
            fence.check(tx);
          });
      return;
    }
    guard.run(
        connection,
        new Ddl(
            "drop what run " + run.name() + " created",
            remains.statements(),
            LockMode.ACCESS_EXCLUSIVE,
            remains.tables(),
            false),
        fence);
  }

  /**
   * @param tables oids of the table and its partitions, root first; none when it is gone
   * @param name by which the statements call the table
   * @param column whether they drop the column
   */
  private record Remains(
      List<Long> tables, String name, boolean column, List<String> statements, String detail) {}

  /**
   * Locks may be waited for as long as it takes to ask for something else, to give the table's name
   * to another one, or to put a column of one's own in the place of the run's.
   */
  private void requireSame(Connection tx, RunRow run, Remains remains) {
    if (!abandons.stands(tx, run)) {
      throw changed(run, "something else was asked of it meanwhile");
    }
    if (remains.tables().isEmpty()) {
      return;
    }
    boolean same =
        Jooq.on(tx)
            .fetchSingle(
                """
                select coalesce(pg_catalog.to_regclass(?)::oid = cast(? as bigint)::oid, false)
                  and (not cast(? as boolean) or exists (
                    select from pg_catalog.pg_attribute
                    where attrelid = cast(? as bigint)::oid and attnum = cast(? as smallint)
                      and attisdropped))
                """,
                remains.name(),
                run.tableOid(),
                remains.column(),
                run.tableOid(),
                run.addedAttnum().orElse(null))
            .get(0, Boolean.class);
    if (!same) {
      throw changed(run, "its table or its column was replaced meanwhile");
    }
  }

  private static RunFailedException changed(RunRow run, String what) {
    return new RunFailedException(
        "Run %s was not abandoned, and nothing was dropped: %s. Abandon it again to have it done as things are now."
            .formatted(run.name(), what));
  }

  private Remains read(Connection tx, RunRow run) {
    Catalog catalog = new Catalog(Jooq.on(tx));
    List<Leaf> tables = catalog.find(run.tableOid()).map(catalog::tables).orElse(List.of());
    List<Long> oids = tables.stream().map(Leaf::oid).toList();
    OwnObjects own = OwnObjects.read(tx, run, oids, stateSchema);
    if (tables.isEmpty()) {
      return new Remains(oids, "", false, own.dropTriggers(""), "the table was dropped before");
    }
    String name = tables.get(0).sql();
    Leavings leavings = new Leavings(run, name, own, usesCover(tx, run));
    if (own.column()) {
      leavings.dropColumn();
    } else {
      leavings.keepColumn(OwnConstraint.read(tx, tables, run.columnName()));
    }
    return new Remains(oids, name, own.column(), leavings.statements, leavings.detail());
  }

  /** A complete run of the same column whose cover stays, as it should. */
  private Optional<String> usesCover(Connection tx, RunRow run) {
    return runs.ofColumn(tx, run.tableOid(), run.columnName()).stream()
        .filter(other -> !other.name().equals(run.name()) && other.phase() == Phase.DONE)
        .map(RunRow::name)
        .findFirst();
  }

  private static RunFailedException refused(RunRow run, Exception e) throws SQLException {
    if (SqlStates.classify(e) != SqlStates.Kind.FATAL) {
      rethrow(e);
    }
    return new RunFailedException(
        "Run "
            + run.name()
            + " is not abandoned yet, and nothing was dropped: SQLSTATE "
            + SqlStates.state(e)
            + ", "
            + e.getMessage()
            + ". Drop what depends on the column or on the function yourself, or have the column kept:"
            + " Backfills.abandonKeepingColumn(run)."
            + next(),
        e);
  }

  private static void rethrow(Exception e) throws SQLException {
    if (e instanceof SQLException sql) {
      throw sql;
    }
    throw (DataAccessException) e;
  }

  private static String next() {
    return " The request stands: the next abandon, or the next start of the run, carries it out.";
  }

  /** Puts the statements together, in the order in which nothing depends on what is dropped. */
  private static final class Leavings {
    private final RunRow run;
    private final String table;
    private final String column;
    private final OwnObjects own;
    private final Optional<String> coverUser;
    private final List<String> statements = new ArrayList<>();
    private final List<String> dropped = new ArrayList<>();
    private final List<String> kept = new ArrayList<>();

    Leavings(RunRow run, String table, OwnObjects own, Optional<String> coverUser) {
      this.run = run;
      this.table = table;
      this.column = Identifiers.quote(run.columnName());
      this.own = own;
      this.coverUser = coverUser;
    }

    /** Its default and its constraints go with it. */
    void dropColumn() {
      dropTriggers();
      alter("drop column " + column);
      dropped.add("column " + column + " with its values");
    }

    void keepColumn(OwnConstraint constraint) {
      // A constraint before the cover: it would refuse rows that nothing covers any more.
      if (run.phase() == Phase.CONTRACT) {
        constraint
            .name()
            .ifPresent(
                name -> {
                  alter("drop constraint " + Identifiers.quote(name));
                  dropped.add("constraint " + Identifiers.quote(name));
                });
      }
      if (constraint.nullsStayRefused() && own.coversNewRows()) {
        kept.add(
            "what covers new rows, since a constraint that stays would refuse those that are written"
                + " without a value");
      } else if (coverUser.isPresent() && own.coversNewRows()) {
        kept.add("what covers new rows, since run " + coverUser.get() + " relies on it");
      } else {
        dropTriggers();
        own.defaultOf()
            .ifPresent(
                name -> {
                  alter("alter column " + Identifiers.quote(name) + " drop default");
                  dropped.add("the default of column " + Identifiers.quote(name));
                });
      }
      kept.add(
          "column "
              + column
              + " with its values, which "
              + (run.addedAttnum().isPresent()
                  ? "is not the one that the run added"
                  : "the run did not add, or was to keep"));
    }

    private void dropTriggers() {
      statements.addAll(own.dropTriggers(table));
      own.triggers().forEach(name -> dropped.add("trigger " + Identifiers.quote(name)));
      own.function().ifPresent(name -> dropped.add("function " + name));
    }

    private void alter(String action) {
      statements.add("alter table " + table + " " + action);
    }

    String detail() {
      return (dropped.isEmpty() ? "nothing was dropped" : "dropped " + String.join(", ", dropped))
          + (kept.isEmpty() ? "" : "; kept " + String.join("; ", kept));
    }
  }
}
