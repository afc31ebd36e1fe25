package dev.backfill.internal.rehearsal;

import dev.backfill.internal.postgres.Jooq;
import java.sql.Connection;
import java.util.Optional;
import java.util.UUID;

/** The comment on the schema of a rehearsal: that it is one, of which, and in use until when. */
final class ScratchComment {
  private static final String MARK = "Scratch of a backfill rehearsal";

  // Not the server's text form of a time, which is the session's choice. It sorts as the times do,
  // and so is never read as one: what somebody else has written there may be none.
  private static final String TIME =
      "pg_catalog.to_char(%s at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS\"+00\"')";

  private static final String UNTIL =
      "select " + TIME.formatted("(clock_timestamp() + interval '2 min')");

  private static final String FIND =
      """
      select n.oid::bigint as oid, c.comment as comment,
        c.comment like c.mark || '%' as of_rehearsal,
        pg_catalog.pg_has_role(n.nspowner, 'usage') as of_this_role,
        coalesce(
          c.comment like c.mark || '%' and
            pg_catalog.substring(c.comment, '([0-9]{4}-[0-9-]+ [0-9:]+[+]00)$') collate "C" >
      """
          + TIME.formatted("clock_timestamp()")
          + """
          , false) as in_use
      from pg_catalog.pg_namespace n
      cross join lateral (
        select coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') as comment,
          cast(? as text) as mark) as c
      where n.nspname = cast(? as text)
      """;

  private static final String READ =
      "select pg_catalog.obj_description(cast(? as bigint)::oid, 'pg_namespace')";

  private final String token = UUID.randomUUID().toString();

  /**
   * A schema that is there.
   *
   * @param ofRehearsal whether it has such a comment
   * @param ofThisRole whether the role may do with it what its owner may
   * @param own whether the comment is this rehearsal's
   * @param inUse by what the comment says
   */
  record Found(long oid, boolean ofRehearsal, boolean ofThisRole, boolean own, boolean inUse) {}

  Optional<Found> find(Connection connection, String schema) {
    return Jooq.on(connection)
        .fetchOptional(FIND, MARK, schema)
        .map(
            r -> {
              boolean ofRehearsal = r.get("of_rehearsal", Boolean.class);
              return new Found(
                  r.get("oid", Long.class),
                  ofRehearsal,
                  r.get("of_this_role", Boolean.class),
                  ofRehearsal && r.get("comment", String.class).contains(token),
                  r.get("in_use", Boolean.class));
            });
  }

  /** That of this rehearsal, for the next two minutes. */
  String fresh(Connection connection) {
    String until = Jooq.on(connection).fetchSingle(UNTIL).get(0, String.class);
    return MARK + " " + token + ", in use until " + until;
  }

  /** Whether the schema that was found has it, whatever is called like that by now. */
  boolean stands(Connection connection, Found there, String comment) {
    return comment.equals(Jooq.on(connection).fetchSingle(READ, there.oid()).get(0, String.class));
  }
}
