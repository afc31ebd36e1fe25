package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.LockMode;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import java.util.List;

/** The statements of a contract, with their locks. */
final class ConstraintSql {
  private final ConstraintState state;
  private final String table;
  private final String column;

  ConstraintSql(Target target, ConstraintState state) {
    this.state = state;
    this.table = target.table().sql();
    this.column = target.column();
  }

  Ddl addNotNull() {
    return strong(
        "add the NOT NULL constraint, not yet valid",
        "alter table %s add constraint %s not null %s not valid"
            .formatted(table, Identifiers.quote(state.name()), column));
  }

  Ddl addCheck() {
    return strong(
        "add the CHECK constraint, not yet valid",
        "alter table %s add constraint %s check (%s is %s) not valid"
            .formatted(
                table,
                Identifiers.quote(state.name()),
                column,
                state.rowType() ? "distinct from null" : "not null"));
  }

  Ddl setNotNull() {
    return strong(
        "set NOT NULL", "alter table %s alter column %s set not null".formatted(table, column));
  }

  Ddl drop(String purpose) {
    return strong(
        purpose,
        "alter table %s drop constraint %s".formatted(table, Identifiers.quote(state.name())));
  }

  Ddl validate(Leaf leaf, String constraint) {
    return new Ddl(
        "validate constraint " + constraint + " of " + leaf.sql(),
        List.of(
            "alter table %s validate constraint %s"
                .formatted(leaf.sql(), Identifiers.quote(constraint))),
        LockMode.SHARE_UPDATE_EXCLUSIVE,
        leaf.kind() == 'p' ? relations() : List.of(leaf.oid()),
        true);
  }

  Ddl analyze() {
    return new Ddl(
        "analyze the new column",
        List.of("analyze " + table + " (" + column + ")"),
        LockMode.SHARE_UPDATE_EXCLUSIVE,
        relations(),
        true);
  }

  private Ddl strong(String purpose, String sql) {
    return new Ddl(purpose, List.of(sql), LockMode.ACCESS_EXCLUSIVE, relations(), false);
  }

  private List<Long> relations() {
    return state.tables().stream().map(t -> t.table().oid()).toList();
  }
}
