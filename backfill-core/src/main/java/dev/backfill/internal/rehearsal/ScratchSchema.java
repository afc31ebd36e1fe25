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
import java.util.Set;
import java.util.UUID;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schema that one rehearsal has for itself: the copy, the state of its run, whatever covers its
 * new rows. All of it goes by dropping the schema.
 *
 * <p>Its comment has a token of the rehearsal and says until when the schema is in use, so that one
 * that a crash has left is known by whoever comes next, and a rehearsal that was away for longer
 * than that knows that the schema is another's by now. While the copy is filled its run's lease
 * keeps it too.
 */
public final class ScratchSchema {
  private static final Logger LOG = LoggerFactory.getLogger("dev.backfill.run");
  private static final String SUFFIX = "_rehearsal";
  private static final int MOST_BYTES = 63;
  private static final String MARK = "Scratch of a backfill rehearsal";
  private static final Set<String> MADE_MEANWHILE = Set.of("23505", "42P06");

  // Nobody else has reason to hold anything in it.
  private static final String BOUNDED = "set local lock_timeout = '5s'";

  // Not the server's text form of a time, which is the session's choice.
  private static final String UNTIL =
      """
      select pg_catalog.to_char(
        (clock_timestamp() + interval '2 min') at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"+00"')
      """;

  private static final String FIND =
      """
      select n.oid::bigint as oid, c.comment as comment,
        c.comment like c.mark || '%' as ours,
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
  private final String token = UUID.randomUUID().toString();

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
    try {
      Tx.run(
          connection,
          tx -> {
            Optional<Record> there = find(tx);
            if (there.isPresent()) {
              refuse(tx, there.get());
              drop(tx);
            }
            Jooq.on(tx).execute("create schema " + Identifiers.quote(name));
            Jooq.on(tx).execute(comment(until(tx)));
          });
    } catch (DataAccessException e) {
      if (MADE_MEANWHILE.contains(String.valueOf(SqlStates.state(e)))) {
        throw new RunFailedException(atWork(), e);
      }
      throw e;
    }
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
    if (!isMine(there) && inUse(tx, there)) {
      throw new RunFailedException(atWork());
    }
  }

  private String atWork() {
    return "Another rehearsal is at work in schema "
        + Identifiers.quote(name)
        + ". Nothing was changed. Try again once it has ended; one that was killed is cleared away"
        + " two minutes after that.";
  }

  private boolean isMine(Record there) {
    return there.get("ours", Boolean.class) && there.get("comment", String.class).contains(token);
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

  /**
   * Keeps it from being taken for one that was left, for two minutes from now.
   *
   * @return false when it was taken for one already, and is another rehearsal's or gone
   */
  public boolean renew(Connection connection) throws SQLException {
    return ifMine(connection, tx -> {});
  }

  private boolean ifMine(Connection connection, Tx.Action then) throws SQLException {
    try {
      return Tx.required(
          connection,
          tx -> {
            boolean mine = renewed(tx);
            if (mine) {
              then.in(tx);
            }
            return mine;
          });
    } catch (TakenAwayException e) {
      LOG.debug("Another rehearsal has replaced schema {} just now", name, e);
      return false;
    }
  }

  /** Nobody else drops it before the transaction has ended. */
  private boolean renewed(Connection tx) {
    Optional<Record> there = find(tx).filter(this::isMine);
    if (there.isEmpty()) {
      return false;
    }
    String until = until(tx);
    Jooq.on(tx).execute(BOUNDED);
    // Takes the schema's lock, and finds it by its name: whoever had the lock may have replaced it.
    Jooq.on(tx).execute(comment(until));
    String now =
        Jooq.on(tx)
            .fetchSingle(
                "select pg_catalog.obj_description(cast(? as bigint)::oid, 'pg_namespace')",
                there.get().get("oid", Long.class))
            .get(0, String.class);
    if (!text(until).equals(now)) {
      throw new TakenAwayException(takenAway());
    }
    return true;
  }

  /**
   * The last that a transaction asks that has written into the schema, whose tables nobody drops
   * before it ends.
   *
   * @throws RunFailedException when it is another rehearsal's by now
   */
  void requireMine(Connection tx) {
    if (find(tx).filter(this::isMine).isEmpty()) {
      throw new TakenAwayException(takenAway());
    }
  }

  private static final class TakenAwayException extends RunFailedException {
    private static final long serialVersionUID = 1L;

    TakenAwayException(String message) {
      super(message);
    }
  }

  private String takenAway() {
    return "The rehearsal was away for longer than two minutes, and another one has taken its copy in"
        + " schema "
        + Identifiers.quote(name)
        + " for left behind and dropped it. The table was only read, and nothing of the other's was"
        + " touched. Rehearse again once that has ended.";
  }

  private static String until(Connection connection) {
    return Jooq.on(connection).fetchSingle(UNTIL).get(0, String.class);
  }

  private String text(String until) {
    return MARK + " " + token + ", in use until " + until;
  }

  private String comment(String until) {
    return "comment on schema "
        + Identifiers.quote(name)
        + " is "
        + Identifiers.literal(text(until));
  }

  /** Drops it with all that is in it, if it is this rehearsal's still. */
  public void dropNow(Connection connection) throws SQLException {
    boolean unused = ifMine(connection, this::drop);
  }

  /** What drops it by hand. */
  public String dropSql() {
    return "DROP SCHEMA " + Identifiers.quote(name) + " CASCADE";
  }

  private void drop(Connection tx) {
    Jooq.on(tx).execute(BOUNDED);
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
        Tx.run(connection, this::drop);
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
