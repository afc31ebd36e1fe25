package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.DdlGuard;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/** Preflight and expand as the engine calls them, the state schema created in between. */
final class Expansion {
  static final String STATE_SCHEMA = "backfill";

  private final TestDatabase database;

  Expansion(TestDatabase database) {
    this.database = database;
  }

  Prepared check(Definitions definition) {
    return check(database.dataSource(), definition);
  }

  static Prepared check(DataSource dataSource, Definitions definition) {
    try (Connection connection = dataSource.getConnection()) {
      return Preflight.check(connection, definition.spec());
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  static Preflight.Inspection inspect(DataSource dataSource, Definitions definition) {
    try (Connection connection = dataSource.getConnection()) {
      return Preflight.inspect(connection, definition.spec());
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The statements that were run. */
  List<String> expand(Definitions definition) {
    return expand(check(definition), tx -> {});
  }

  List<String> expand(Prepared prepared, DdlGuard.BeforeCommit fence) {
    database.execute("create schema if not exists " + STATE_SCHEMA);
    try (Connection connection = database.dataSource().getConnection()) {
      List<Ddl> left = Expander.statements(connection, prepared, STATE_SCHEMA);
      new Expander(guard(), STATE_SCHEMA)
          .expand(connection, prepared, (tx, column, columnDefault) -> fence.check(tx));
      return left.stream().flatMap(ddl -> ddl.statements().stream()).toList();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** As a run does that has set the default there is. */
  void dropCover(Prepared prepared) {
    Target target = prepared.target();
    try (Connection connection = database.dataSource().getConnection()) {
      dropCover(
          prepared,
          new Catalog(Jooq.on(connection))
              .defaultOid(target.table().oid(), target.spec().column()));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  void dropCover(Prepared prepared, Optional<Long> defaultOid) {
    try (Connection connection = database.dataSource().getConnection()) {
      Expander expander = new Expander(guard(), STATE_SCHEMA);
      for (Ddl ddl : expander.dropCover(connection, prepared, defaultOid)) {
        guard().run(connection, ddl, tx -> {});
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static DdlGuard guard() {
    return new DdlGuard(
        Timeouts.defaults(),
        Ticker.system(),
        Sleeper.system(),
        new DdlGuard.Observer() {
          @Override
          public void waiting(Ddl ddl, String holders) {}

          @Override
          public void done(Ddl ddl, Duration took) {}
        });
  }
}
