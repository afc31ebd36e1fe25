package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.TableInfo.ColumnInfo;
import dev.backfill.internal.postgres.Target;
import java.sql.Connection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jooq.DSLContext;

/**
 * How far the column is on its way to NOT NULL, by the catalogs.
 *
 * @param notNullValid NOT NULL holds for every row
 * @param notNullConstraint the name of a NOT NULL that is not valid yet (PostgreSQL 18)
 * @param ownCheck the CHECK that the library created is there, valid or not
 * @param validCheck the name of a valid CHECK (column IS NOT NULL), the user's or ours
 * @param validOn oids of the tables on which the library's CHECK is valid
 */
record ConstraintState(
    boolean notNullValid,
    Optional<String> notNullConstraint,
    boolean ownCheck,
    Optional<String> validCheck,
    Set<Long> validOn) {

  static ConstraintState read(Connection connection, Target target) {
    DSLContext sql = Jooq.on(connection);
    Optional<ColumnInfo> column =
        new Catalog(sql)
            .columns(target.table().oid()).stream()
                .filter(c -> c.name().equals(target.spec().column()))
                .findFirst();
    String own = ConstraintSteps.name(target);
    return new ConstraintState(
        column.map(ColumnInfo::notNull).orElse(false),
        column.filter(ColumnInfo::notNullNotValid).flatMap(c -> notNullName(sql, target, c)),
        !checks(sql, target, own).isEmpty(),
        validChecks(sql, target).stream().findFirst(),
        validOn(sql, target, own));
  }

  private static Optional<String> notNullName(DSLContext sql, Target target, ColumnInfo column) {
    return sql.fetchOptional(
            "select conname::text from pg_catalog.pg_constraint"
                + " where conrelid = cast(? as bigint)::oid and contype = 'n'"
                + " and conkey = array[cast(? as int2)]",
            target.table().oid(),
            column.number())
        .map(r -> r.get(0, String.class));
  }

  private static Set<String> checks(DSLContext sql, Target target, String name) {
    return Set.copyOf(
        sql.fetch(
                "select conname::text from pg_catalog.pg_constraint"
                    + " where conrelid = cast(? as bigint)::oid and contype = 'c'"
                    + " and conname = cast(? as text)",
                target.table().oid(),
                name)
            .map(r -> r.get(0, String.class)));
  }

  private static Set<String> validChecks(DSLContext sql, Target target) {
    // The server's own text of the condition; NO INHERIT would not reach the partitions.
    return Set.copyOf(
        sql.fetch(
                "select conname::text from pg_catalog.pg_constraint"
                    + " where conrelid = cast(? as bigint)::oid and contype = 'c'"
                    + " and convalidated and not connoinherit"
                    + " and pg_catalog.pg_get_constraintdef(oid) = 'CHECK ((' || quote_ident(?)"
                    + " || ' IS NOT NULL))'",
                target.table().oid(),
                target.spec().column())
            .map(r -> r.get(0, String.class)));
  }

  private static Set<Long> validOn(DSLContext sql, Target target, String name) {
    return new HashSet<>(
        sql.fetch(
                "select conrelid::bigint from pg_catalog.pg_constraint"
                    + " where contype = 'c' and convalidated and conname = cast(? as text)"
                    + " and conrelid = any (cast(? as oid[]))",
                name,
                target.relations().toArray(new Long[0]))
            .map(r -> r.get(0, Long.class)));
  }
}
