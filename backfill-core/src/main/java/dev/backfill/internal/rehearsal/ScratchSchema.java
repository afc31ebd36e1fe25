package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.model.RunFailedException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schema that a rehearsal has for itself: the copy, the state of its run, whatever covers its
 * new rows. All of it goes by dropping the schema.
 *
 * <p>Its comment says that it is ours and until when it is in use, so that one that a crash has
 * left is known by whoever comes next. While the copy is filled its run's lease says the same.
 */
public final class ScratchSchema {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");
  private static final String SUFFIX = "_rehearsal";
  private static final int MOST_BYTES = 63;
  private static final String MARK = "Scratch of a backfill rehearsal, in use until ";

  // Not the server's text form of a time, which is the session's choice.
  private static final String UNTIL =
      """
      select pg_catalog.to_char(
        (clock_timestamp() + interval '2 min') at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"+00"')
      """;

  private static final String FIND =
      """
      select c.comment like c.mark || '%' as ours,
        pg_catalog.pg_has_role(n.nspowner, 'usage') as mine,
        coalesce(
          case when c.comment like c.mark || '%' then
            pg_catalog.substring(c.comment, '([0-9]{4}-[0-9-]+ [0-9:]+[+]00)$')
              ::timestamptz > clock_timestamp()
          end, false) as in_use
      from pg_catalog.pg_namespace n
      cross join lateral (
        select coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') as comment,
          cast(? as text) as mark) as c
      where n.nspname = cast(? as text)
      """;

  private final String name;

  private ScratchSchema(String name) {
    this.name = name;
  }

  public static ScratchSchema of(String stateSchema) {
    return new ScratchSchema(stateSchema + SUFFIX);
  }

  public String name() {
    return name;
  }

  /**
   * Holds the name and the role's rights against the database; changes nothing.
   *
   * @throws RunFailedException when the schema cannot be created
   */
  public void check(Connection connection) {
    if (name.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
      throw new RunFailedException(
          "A rehearsal needs the schema "
              + Identifiers.quote(name)
              + ", a name that PostgreSQL would shorten. Nothing was changed. Choose a shorter"
              + " stateSchema(...).");
    }
    Record right =
        Jooq.on(connection)
            .fetchSingle(
                "select pg_catalog.has_database_privilege(current_database(), 'create'),"
                    + " pg_catalog.quote_ident(current_database()),"
                    + " pg_catalog.quote_ident(current_user)");
    if (!right.get(0, Boolean.class)) {
      throw new RunFailedException(
          "A rehearsal creates schema "
              + Identifiers.quote(name)
              + " for its copy and drops it again, and role "
              + right.get(2, String.class)
              + " may create no schema in database "
              + right.get(1, String.class)
              + ". Nothing was changed. GRANT CREATE ON DATABASE "
              + right.get(1, String.class)
              + " TO "
              + right.get(2, String.class)
              + ", or rehearse as a role that has it.");
    }
    find(connection).ifPresent(there -> refuse(connection, there));
  }

  /**
   * Creates it, in place of one that a crash has left.
   *
   * @throws RunFailedException when another rehearsal is at work, or a stranger has the name
   */
  public void create(Connection connection) throws SQLException {
    Tx.run(
        connection,
        tx -> {
          Optional<Record> there = find(tx);
          if (there.isPresent()) {
            refuse(tx, there.get());
            drop(tx);
          }
          Jooq.on(tx).execute("create schema " + Identifiers.quote(name));
          comment(tx);
        });
  }

  private Optional<Record> find(Connection connection) {
    return Jooq.on(connection).fetchOptional(FIND, MARK, name);
  }

  private void refuse(Connection tx, Record there) {
    if (!there.get("ours", Boolean.class) || !there.get("mine", Boolean.class)) {
      throw new RunFailedException(
          "Schema "
              + Identifiers.quote(name)
              + ", which a rehearsal needs for itself, is there and was not left by one of this"
              + " role. Nothing was changed. Drop it, or choose another stateSchema(...).");
    }
    if (inUse(tx, there)) {
      throw new RunFailedException(
          "Another rehearsal is at work in schema "
              + Identifiers.quote(name)
              + ". Nothing was changed. Try again once it has ended; one that was killed is cleared"
              + " away two minutes after that.");
    }
  }

  private boolean inUse(Connection connection, Record there) {
    return there.get("in_use", Boolean.class) || leased(connection);
  }

  private boolean leased(Connection connection) {
    String run = Identifiers.quote(name, "run");
    boolean begun =
        Jooq.on(connection)
            .fetchSingle("select pg_catalog.to_regclass(?) is not null", run)
            .get(0, Boolean.class);
    return begun
        && Jooq.on(connection)
            .fetchSingle(
                "select exists (select from " + run + " where lease_until > clock_timestamp())")
            .get(0, Boolean.class);
  }

  /** Keeps it from being taken for one that was left, for two minutes from now. */
  public void renew(Connection connection) throws SQLException {
    Tx.run(connection, this::comment);
  }

  private void comment(Connection tx) {
    String until = Jooq.on(tx).fetchSingle(UNTIL).get(0, String.class);
    Jooq.on(tx)
        .execute(
            "comment on schema "
                + Identifiers.quote(name)
                + " is "
                + Identifiers.literal(MARK + until));
  }

  /** Drops it with all that is in it. */
  public void dropNow(Connection connection) throws SQLException {
    Tx.run(connection, this::drop);
  }

  private void drop(Connection tx) {
    // Nobody else has reason to hold anything in it.
    Jooq.on(tx).execute("set local lock_timeout = '5s'");
    Jooq.on(tx).execute("drop schema if exists " + Identifiers.quote(name) + " cascade");
  }

  /** Drops what a rehearsal has left that was killed; leaves one at work, and what is not ours. */
  public void dropLeft(Connection connection) throws SQLException {
    Optional<Record> there = find(connection);
    if (there.isPresent()
        && there.get().get("ours", Boolean.class)
        && there.get().get("mine", Boolean.class)
        && !inUse(connection, there.get())) {
      try {
        dropNow(connection);
        LOG.info("Dropped schema {}, which a rehearsal that was killed has left", name);
      } catch (DataAccessException e) {
        if (!SqlStates.LOCK_NOT_AVAILABLE.equals(SqlStates.state(e))) {
          throw e;
        }
        LOG.warn(
            "Schema {}, left by a rehearsal, is in somebody's hands; the next start drops it",
            name);
      }
    }
  }
}
