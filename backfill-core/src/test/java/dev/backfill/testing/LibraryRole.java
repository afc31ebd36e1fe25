package dev.backfill.testing;

/**
 * As whom the library under test connects. The fixture is a superuser in any case; under the least
 * role whatever tables, views, sequences and schemas it creates are given to another one, which the
 * library's role is a member of, as an application's tables belong to somebody else than its
 * backfills.
 */
final class LibraryRole {
  private static final String PROPERTY = "backfill.test.role";
  private static final String SUPERUSER = "superuser";
  private static final String LEAST = "least";

  private static final String GIVE_AWAY =
      """
      create function least.give_away() returns event_trigger language plpgsql as $$
      declare made record;
      begin
        if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
          return;
        end if;
        for made in
          select object_type, object_identity from pg_catalog.pg_event_trigger_ddl_commands()
          -- Those of identity columns go with their tables.
          where object_type in ('table', 'foreign table', 'view', 'materialized view', 'schema')
            or tg_tag = 'CREATE SEQUENCE' and object_type = 'sequence'
        loop
          execute 'alter ' || made.object_type || ' ' || made.object_identity || ' owner to %s';
        end loop;
      end $$
      """;

  private static final String WHENEVER =
      """
      create event trigger give_away on ddl_command_end
      when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE FOREIGN TABLE',
                   'CREATE VIEW', 'CREATE MATERIALIZED VIEW', 'CREATE SEQUENCE', 'CREATE SCHEMA')
      execute function least.give_away()
      """;

  private LibraryRole() {}

  static boolean isLeast() {
    String asked = System.getProperty(PROPERTY, SUPERUSER);
    return switch (asked) {
      case SUPERUSER -> false;
      case LEAST -> true;
      default ->
          throw new IllegalStateException(
              "-D%s is '%s'; it must be %s or %s".formatted(PROPERTY, asked, SUPERUSER, LEAST));
    };
  }

  /**
   * What docs/privileges.md asks for.
   *
   * @param role quoted, like the others
   */
  static String[] grants(String role, String owner, String database) {
    return new String[] {
      "grant " + owner + " to " + role,
      "grant create on database " + database + " to " + role,
      "grant pg_read_all_stats to " + role
    };
  }

  static String[] givingTo(String owner) {
    return new String[] {"create schema least", GIVE_AWAY.formatted(owner), WHENEVER};
  }
}
