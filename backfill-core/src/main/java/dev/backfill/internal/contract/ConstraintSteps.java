package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.LockMode;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The statements that turn a proven column into a NOT NULL one, each instant or without a strong
 * lock.
 *
 * <p>Up to PostgreSQL 17, and for partitioned tables: a CHECK that is not valid yet, its validation
 * under a weak lock, then SET NOT NULL, which finds the CHECK and skips its scan, then the CHECK
 * goes. Dropping it in the same ALTER would take the proof away before SET NOT NULL looks for it,
 * which then scans under the strong lock. From PostgreSQL 18 on: NOT NULL itself may be not valid;
 * SET NOT NULL over it would scan again.
 */
final class ConstraintSteps {
  private static final int NATIVE_SINCE = 18;
  private static final int MAX_BYTES = 63;

  private final Target target;
  private final ConstraintState state;

  ConstraintSteps(Target target, ConstraintState state) {
    this.target = target;
    this.state = state;
  }

  /** The name of the constraint that the library creates. */
  static String name(Target target) {
    String name = "backfill_" + target.spec().column() + "_not_null";
    return name.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES
        ? name
        : "backfill_" + Integer.toHexString(target.spec().column().hashCode()) + "_not_null";
  }

  /** The next statement to run, by what the catalogs say now; empty when all is done. */
  Optional<Ddl> next() {
    return remaining().stream().findFirst();
  }

  /** Every statement that is left, in order. */
  List<Ddl> remaining() {
    return target.server().major() >= NATIVE_SINCE && !target.table().partitioned()
        ? natively()
        : byCheck();
  }

  private List<Ddl> natively() {
    List<Ddl> steps = new ArrayList<>();
    if (state.notNullValid()) {
      dropOwnCheck(steps);
      return steps;
    }
    if (state.validCheck().isPresent()) {
      // Proven already by a CHECK, the user's or one that an older server left half way.
      steps.add(setNotNull());
      dropOwnCheck(steps);
      return steps;
    }
    if (state.notNullConstraint().isEmpty()) {
      steps.add(
          strong(
              "add the NOT NULL constraint, not yet valid",
              "alter table %s add constraint %s not null %s not valid"
                  .formatted(
                      target.table().sql(), Identifiers.quote(name(target)), target.column())));
    }
    String constraint = state.notNullConstraint().orElse(name(target));
    steps.add(validate(target.table().sql(), constraint, List.of(target.table().oid())));
    dropOwnCheck(steps);
    return steps;
  }

  private List<Ddl> byCheck() {
    List<Ddl> steps = new ArrayList<>();
    if (!state.notNullValid()) {
      if (state.validCheck().isEmpty()) {
        if (!state.ownCheck()) {
          steps.add(
              strong(
                  "add the CHECK constraint, not yet valid",
                  "alter table %s add constraint %s check (%s is not null) not valid"
                      .formatted(
                          target.table().sql(), Identifiers.quote(name(target)), target.column())));
        }
        validateLeavesFirst(steps);
      }
      steps.add(setNotNull());
    }
    dropOwnCheck(steps);
    return steps;
  }

  /** Leaf by leaf, so that each scan is short; the parent's then has nothing left to read. */
  private void validateLeavesFirst(List<Ddl> steps) {
    if (target.table().partitioned()) {
      for (Leaf leaf : target.table().leaves()) {
        if (!state.validOn().contains(leaf.oid())) {
          steps.add(validate(leaf.sql(), name(target), List.of(leaf.oid())));
        }
      }
    }
    steps.add(validate(target.table().sql(), name(target), target.relations()));
  }

  private void dropOwnCheck(List<Ddl> steps) {
    if (state.ownCheck() || (!state.notNullValid() && addsCheck(steps))) {
      steps.add(
          strong(
              "drop the CHECK constraint, which NOT NULL has made superfluous",
              "alter table %s drop constraint %s"
                  .formatted(target.table().sql(), Identifiers.quote(name(target)))));
    }
  }

  private static boolean addsCheck(List<Ddl> steps) {
    return steps.stream().anyMatch(s -> s.sql().contains(" check ("));
  }

  private Ddl setNotNull() {
    return strong(
        "set NOT NULL",
        "alter table %s alter column %s set not null"
            .formatted(target.table().sql(), target.column()));
  }

  private Ddl strong(String purpose, String sql) {
    return new Ddl(purpose, List.of(sql), LockMode.ACCESS_EXCLUSIVE, target.relations(), false);
  }

  private static Ddl validate(String table, String constraint, List<Long> relations) {
    return new Ddl(
        "validate constraint " + constraint,
        List.of(
            "alter table %s validate constraint %s"
                .formatted(table, Identifiers.quote(constraint))),
        LockMode.SHARE_UPDATE_EXCLUSIVE,
        relations,
        true);
  }
}
