package dev.backfill.internal.postgres;

import java.sql.Connection;
import java.util.List;

/**
 * Objects that a run would use, of owners who could do with them what they may not do themselves:
 * whoever owns a table can give it a trigger, which runs with the rights of the run. No strangers
 * are superusers, the owners of the database and of the run's table, the members of the latter, who
 * may do what it may, and the roles whose member the current role is; to a superuser, who is a
 * member of all, no others.
 */
public final class Strangers {
  // Each operator and function has just the argument types that PostgreSQL's own have, which is why
  // none on the search path can fit better. The literal is cast for the same reason.
  private static final String OF_STRANGERS =
      """
      select owned.what, pg_catalog.quote_ident(o.rolname::text)
      from owned
      join pg_catalog.pg_roles o on o.oid = owned.owner
      join pg_catalog.pg_roles me on me.rolname = current_user
      join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
      where not o.rolsuper and o.oid <> d.datdba and o.rolname <> 'pg_database_owner'::name
        and not exists (
          select from pg_catalog.pg_class t
          where t.oid = cast(? as bigint)::oid
            and pg_catalog.pg_has_role(o.oid, t.relowner, 'member'::text))
        and (me.rolsuper or not pg_catalog.pg_has_role(o.oid, 'member'::text))
      order by 1 limit 5
      """;

  private static final String IN_SCHEMA =
      """
      with n as (select * from pg_catalog.pg_namespace where nspname = cast(? as text)::name),
      owned (what, owner) as (
        select 'schema ' || pg_catalog.quote_ident(n.nspname::text), n.nspowner from n
        union all
        select 'relation ' || pg_catalog.quote_ident(n.nspname::text) || '.'
               || pg_catalog.quote_ident(c.relname::text), c.relowner
        from n join pg_catalog.pg_class c on c.relnamespace = n.oid
        where c.relkind in ('r', 'p', 'v', 'm', 'f')
        union all
        select 'function ' || p.oid::regprocedure::text, p.proowner
        from n join pg_catalog.pg_proc p on p.pronamespace = n.oid)
      """
          + OF_STRANGERS;

  private static final String ON_SEARCH_PATH =
      """
      with n as (select * from pg_catalog.pg_namespace
                 where nspname = any (pg_catalog.current_schemas(false))
                   and nspname <> 'pg_catalog'::name),
      owned (what, owner) as (
        select 'function ' || p.oid::regprocedure::text, p.proowner
        from n join pg_catalog.pg_proc p on p.pronamespace = n.oid
        where exists (select from pg_catalog.pg_proc theirs
                      where theirs.proname = p.proname
                        and theirs.proargtypes <> p.proargtypes
                        and theirs.pronamespace = 'pg_catalog'::regnamespace::oid)
        union all
        select 'operator ' || p.oid::regoperator::text, p.oprowner
        from n join pg_catalog.pg_operator p on p.oprnamespace = n.oid
        where exists (select from pg_catalog.pg_operator theirs
                      where theirs.oprname = p.oprname
                        and (theirs.oprleft, theirs.oprright) <> (p.oprleft, p.oprright)
                        and theirs.oprnamespace = 'pg_catalog'::regnamespace::oid))
      """
          + OF_STRANGERS;

  private Strangers() {}

  /**
   * One of their objects.
   *
   * @param what its kind and name, as SQL would write it
   * @param owner quoted where need be
   */
  public record Owned(String what, String owner) {}

  /** Five of what they have in a schema, the schema itself included; none without the schema. */
  public static List<Owned> inSchema(Connection connection, String schema, long table) {
    return owned(connection, IN_SCHEMA, schema, table);
  }

  /**
   * Five of their functions and operators that are called like one of PostgreSQL's: an unqualified
   * call takes the one whose argument types fit best, wherever on the search path it is.
   */
  public static List<Owned> onSearchPath(Connection connection, long table) {
    return owned(connection, ON_SEARCH_PATH, table);
  }

  private static List<Owned> owned(Connection connection, String sql, Object... arguments) {
    return Jooq.on(connection)
        .fetch(sql, arguments)
        .map(r -> new Owned(r.get(0, String.class), r.get(1, String.class)));
  }
}
