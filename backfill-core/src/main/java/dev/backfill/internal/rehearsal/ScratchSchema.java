package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.internal.postgres.Strangers;
import dev.backfill.internal.postgres.Tx;
import dev.backfill.model.RunFailedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
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
  private static final Set<String> MADE_MEANWHILE =
      Set.of(SqlStates.UNIQUE_VIOLATION, SqlStates.DUPLICATE_SCHEMA);
  // Of what that name has after a wait: another role's schema, or none.
  private static final Set<String> REPLACED =
      Set.of(SqlStates.INSUFFICIENT_PRIVILEGE, SqlStates.UNDEFINED_SCHEMA);

  // Nobody else has reason to hold anything in it.
  private static final String BOUNDED = "set local lock_timeout = '5s'";

  private final String name;
  private final ScratchComment comment = new ScratchComment();

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
    SchemaCreation.require(connection, name);
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
            Optional<ScratchComment.Found> there = find(tx);
            if (there.isPresent()) {
              refuse(tx, there.get());
              replace(tx, there.get());
            }
            Jooq.on(tx).execute("create schema " + Identifiers.quote(name));
            write(tx, comment.fresh(tx));
          });
    } catch (InUseException e) {
      throw new RunFailedException(atWork(), e);
    } catch (DataAccessException e) {
      if (MADE_MEANWHILE.contains(String.valueOf(SqlStates.state(e)))) {
        throw new RunFailedException(atWork(), e);
      }
      throw e;
    }
  }

  private void replace(Connection tx, ScratchComment.Found left) {
    try {
      dropIfLeft(tx, left);
    } catch (DataAccessException e) {
      if (SqlStates.LOCK_NOT_AVAILABLE.equals(SqlStates.state(e))) {
        throw new RunFailedException(
            "Schema "
                + Identifiers.quote(name)
                + ", which a rehearsal that was killed has left, cannot be replaced: for 5 s somebody"
                + " had it, or a table in it, locked. Nothing was changed. End that session, which"
                + " pg_locks shows, or try again once it has ended.",
            e);
      }
      throw e;
    }
  }

  private Optional<ScratchComment.Found> find(Connection connection) {
    return comment.find(connection, name);
  }

  private void refuse(Connection connection, ScratchComment.Found there) {
    if (!isOurs(connection, there)) {
      throw new RunFailedException(
          "Schema "
              + Identifiers.quote(name)
              + ", which a rehearsal needs for itself, is there and was not left by one of this"
              + " role. Nothing was changed. Drop it, or choose another stateSchema(...).");
    }
    if (!there.own() && there.inUse()) {
      throw new RunFailedException(atWork());
    }
  }

  /**
   * Whether a rehearsal of this role has made it, and nobody else has a part in it: the function of
   * a view that is called like the state's table would run with the rights of who asks for the
   * lease.
   */
  private boolean isOurs(Connection connection, ScratchComment.Found there) {
    return there.ofRehearsal()
        && there.ofThisRole()
        && Strangers.inSchema(connection, name, 0).isEmpty();
  }

  private String atWork() {
    return "Another rehearsal is at work in schema "
        + Identifiers.quote(name)
        + ". Nothing was changed. Try again once it has ended; one that was killed is cleared away"
        + " two minutes after that.";
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

  /** The same for a rehearsal, which ends without it. */
  public void keep(Connection connection) throws SQLException {
    if (!renew(connection)) {
      throw takenAway();
    }
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
    } catch (InUseException e) {
      LOG.debug("Another rehearsal has replaced schema {} just now", name, e);
      return false;
    }
  }

  /** What was found under the schema's name is not what was looked for: another is at work. */
  private static final class InUseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InUseException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private boolean renewed(Connection tx) {
    Optional<ScratchComment.Found> there = find(tx).filter(ScratchComment.Found::own);
    there.ifPresent(mine -> hold(tx, mine));
    return there.isPresent();
  }

  /**
   * Takes the schema's lock, so that nobody else drops it before the transaction has ended. It is
   * found by its name: whoever had the lock may have replaced it.
   *
   * @throws InUseException when he has
   */
  private void hold(Connection tx, ScratchComment.Found there) {
    String fresh = comment.fresh(tx);
    Jooq.on(tx).execute(BOUNDED);
    try {
      write(tx, fresh);
    } catch (DataAccessException e) {
      if (REPLACED.contains(String.valueOf(SqlStates.state(e)))) {
        throw new InUseException("it was replaced meanwhile", e);
      }
      throw e;
    }
    if (!comment.stands(tx, there, fresh)) {
      throw new InUseException("it was replaced meanwhile", null);
    }
  }

  private void write(Connection tx, String text) {
    Jooq.on(tx)
        .execute(
            "comment on schema " + Identifiers.quote(name) + " is " + Identifiers.literal(text));
  }

  /**
   * The last that a transaction asks that has written into the schema, whose tables nobody drops
   * before it ends.
   *
   * @throws RunFailedException when it is another rehearsal's by now
   */
  void requireMine(Connection tx) {
    if (find(tx).filter(ScratchComment.Found::own).isEmpty()) {
      throw takenAway();
    }
  }

  /** What a rehearsal ends with that finds its schema replaced or gone. */
  public RunFailedException takenAway() {
    return new RunFailedException(
        "The rehearsal was away for longer than two minutes: its copy in schema "
            + Identifiers.quote(name)
            + " was taken for left behind and dropped; one that is there now is another's. The"
            + " table was only read, and nothing of another's was filled. Rehearse again once no"
            + " other is at work.");
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
    Jooq.on(tx).execute("drop schema " + Identifiers.quote(name) + " cascade");
  }

  /** Drops what a rehearsal has left that was killed; leaves one at work, and what is not ours. */
  public void dropLeft(Connection connection) throws SQLException {
    try {
      boolean dropped =
          Tx.required(
              connection,
              tx -> {
                Optional<ScratchComment.Found> left =
                    find(tx).filter(there -> !there.inUse()).filter(there -> isOurs(tx, there));
                left.ifPresent(there -> dropIfLeft(tx, there));
                return left.isPresent();
              });
      if (dropped) {
        LOG.info("Dropped schema {}, which a rehearsal that was killed has left", name);
      }
    } catch (InUseException e) {
      LOG.debug("Schema {} is not dropped, since a rehearsal is at work in it", name, e);
    } catch (DataAccessException e) {
      if (!SqlStates.LOCK_NOT_AVAILABLE.equals(SqlStates.state(e))) {
        throw e;
      }
      LOG.warn(
          "Schema {}, left by a rehearsal, is in somebody's hands; the next start drops it", name);
    }
  }

  private void dropIfLeft(Connection tx, ScratchComment.Found there) {
    hold(tx, there);
    // Not before: whoever is dropping it has its tables locked until they are gone.
    if (!there.own() && leased(tx)) {
      throw new InUseException("its run has a lease", null);
    }
    drop(tx);
  }
}
