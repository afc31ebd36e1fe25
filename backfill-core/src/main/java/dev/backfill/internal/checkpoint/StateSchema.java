package dev.backfill.internal.checkpoint;

import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.Strangers;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.model.BackfillException;
import dev.backfill.model.RunFailedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;

/** Creates the state tables and brings them to the version that this library writes. */
public final class StateSchema {
  /** The state format that this library reads and writes. */
  static final int VERSION = 2;

  // Two nodes that create the same objects at once collide in the catalogs' unique indexes; one
  // that
  // upgrades waits for the owner's heartbeat, and gives way to it.
  private static final Set<String> CREATED_BY_ANOTHER =
      Set.of(
          SqlStates.UNIQUE_VIOLATION,
          SqlStates.DUPLICATE_SCHEMA,
          "42P07",
          SqlStates.DEADLOCK,
          SqlStates.LOCK_NOT_AVAILABLE,
          "XX000");
  private static final int ATTEMPTS = 20;

  private final String schema;
  private final Sleeper sleeper;

  public StateSchema(String schema, Sleeper sleeper) {
    this.schema = schema;
    this.sleeper = sleeper;
  }

  /** Whether the state tables are there; a plan asks this, since it may not create them. */
  public boolean exists(Connection connection) {
    return Jooq.on(connection)
        .fetchSingle("select to_regclass(?) is not null", stateVersion())
        .get(0, Boolean.class);
  }

  /**
   * Whether they are there, this role may read them, and no stranger can have written what they
   * say.
   */
  public boolean existsTrusted(Connection connection, long table) {
    // The schema may hold other tables, and none of ours.
    return readable(connection)
        && exists(connection)
        && Strangers.inSchema(connection, schema, table).isEmpty();
  }

  /**
   * Makes sure that no stranger has a part in what an operator reads or writes, who knows a run by
   * its name alone: a view or a trigger of theirs would run with the operator's rights. The run's
   * row is not asked of its table: who owns the state could have written that.
   *
   * @return the oid of the table that the name tells; 0 when it tells none
   * @throws BackfillException naming the stranger
   */
  public long requireTrusted(Connection connection, String run) {
    long table = new Catalog(Jooq.on(connection)).tableOfRun(run).orElse(0L);
    requireTrusted(
        connection,
        table,
        "than was asked of run " + run,
        " A member of the owner of the table is trusted too where the run is named"
            + " schema.table.column.");
    return table;
  }

  /** The same for who asks of all runs, which tell no table. */
  public void requireTrusted(Connection connection) {
    requireTrusted(connection, 0, "than to list its runs", "");
  }

  private void requireTrusted(Connection connection, long table, String asked, String more) {
    Strangers.inSchema(connection, schema, table).stream()
        .findFirst()
        .ifPresent(
            found -> {
              throw new BackfillException(
                  "%s belongs to %s, who could do something else through it %s, with the rights of this role. Nothing was changed. Ask as a role that is a member of %s, or let its owner be the role of the run once you know what is in it.%s"
                      .formatted(found.what(), found.owner(), asked, found.owner(), more));
            });
  }

  private boolean readable(Connection connection) {
    return Jooq.on(connection)
        .fetchSingle(
            """
            select count(*) > 0 and coalesce(bool_and(
                     has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')), false)
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = cast(? as text) and c.relkind = 'r'
            """,
            schema)
        .get(0, Boolean.class);
  }

  /**
   * Creates what is missing; safe when several nodes do so at once.
   *
   * @param table the oid of the run's table, whose owner is no stranger
   */
  public void ensure(Connection connection, long table) throws SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        Tx.run(connection, tx -> createIfMissing(tx, table));
        return;
      } catch (SQLException | DataAccessException e) {
        if (attempt == ATTEMPTS || !CREATED_BY_ANOTHER.contains("" + SqlStates.state(e))) {
          throw e;
        }
        sleeper.sleep(Duration.ofMillis(50L * attempt));
      }
    }
  }

  private void createIfMissing(Connection connection, long table) {
    DSLContext sql = Jooq.on(connection);
    refuseStrangers(connection, table);
    if (!exists(connection)) {
      // CREATE SCHEMA IF NOT EXISTS asks for CREATE on the database even when the schema exists.
      boolean schemaExists =
          sql.fetchSingle("select to_regnamespace(?) is not null", Identifiers.quote(schema))
              .get(0, Boolean.class);
      if (!schemaExists) {
        sql.execute("create schema " + Identifiers.quote(schema));
      }
      run(connection, script(1));
    }
    int version = version(sql);
    if (version > VERSION) {
      throw tooNew(version);
    }
    if (version < VERSION) {
      upgrade(connection, sql);
    }
  }

  /** The preflight has looked, but somebody may have created them since. */
  private void refuseStrangers(Connection connection, long table) {
    Strangers.inSchema(connection, schema, table).stream()
        .findFirst()
        .ifPresent(
            found -> {
              throw new RunFailedException(
                  "%s belongs to %s, who could change what a run does; the run did not start. Its owner must be the role of the run: start again for the statement that mends it."
                      .formatted(found.what(), found.owner()));
            });
  }

  /** Only adds, so that a node with the older library goes on with a run that it owns. */
  private void upgrade(Connection connection, DSLContext sql) {
    requireOwner(sql);
    sql.execute("set local lock_timeout = '500ms'");
    sql.execute("lock table " + stateVersion() + " in exclusive mode");
    for (int next = version(sql) + 1; next <= VERSION; next++) {
      run(connection, script(next));
    }
  }

  /** Else a role with every right on the rows would learn of it by PostgreSQL's bare refusal. */
  private void requireOwner(DSLContext sql) {
    Record owner =
        sql.fetchSingle(
            """
            select pg_has_role(c.relowner, 'usage'), quote_ident(o.rolname)
            from pg_catalog.pg_class c join pg_catalog.pg_roles o on o.oid = c.relowner
            where c.oid = to_regclass(?)
            """,
            stateVersion());
    if (!owner.get(0, Boolean.class)) {
      throw new RunFailedException(
          "The state in schema %s has an older format, and only its owner %s may bring it to format %d. Nothing was changed. Start a run once as that role, or as a member of it."
              .formatted(Identifiers.quote(schema), owner.get(1, String.class), VERSION));
    }
  }

  private int version(DSLContext sql) {
    return sql.fetchSingle("select max(version) from " + stateVersion()).get(0, Integer.class);
  }

  private String stateVersion() {
    return Identifiers.quote(schema, "state_version");
  }

  private BackfillException tooNew(int version) {
    return new RunFailedException(
        "The state in schema "
            + Identifiers.quote(schema)
            + " has format "
            + version
            + ", and this library writes format "
            + VERSION
            + ". Nothing was changed. Use the newer library that wrote it on every node.");
  }

  private static void run(Connection connection, String script) {
    // Plain JDBC: jOOQ would take the braces and question marks of a script for its own.
    try (var statement = connection.createStatement()) {
      statement.execute(script);
    } catch (SQLException e) {
      throw new DataAccessException("Creating the state tables failed: " + e.getMessage(), e);
    }
  }

  private String script(int version) {
    try (InputStream in = StateSchema.class.getResourceAsStream("v" + version + ".sql")) {
      if (in == null) {
        throw new IllegalStateException("The state schema is missing from the library's jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .replace("${schema}", Identifiers.quote(schema));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
