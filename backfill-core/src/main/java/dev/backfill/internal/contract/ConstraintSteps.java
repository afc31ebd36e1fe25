package dev.backfill.internal.contract;

import dev.backfill.internal.contract.ConstraintState.Constraint;
import dev.backfill.internal.contract.ConstraintState.TableState;
import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The statements that turn a proven column into a NOT NULL one, each instant or without a strong
 * lock, each a transaction of its own.
 *
 * <p>Up to PostgreSQL 17: a CHECK that is not valid yet, its validation under a weak lock, then SET
 * NOT NULL, which finds the CHECK and skips its scan, then the CHECK goes. Dropping it in the same
 * ALTER would take the proof away before SET NOT NULL looks for it, which then scans under the
 * strong lock. From PostgreSQL 18 on NOT NULL itself may be not valid, and is only validated: SET
 * NOT NULL over it would scan again, even beside a valid CHECK.
 *
 * <p>Partitions are validated one by one, so that each scan, which holds a snapshot, is as short as
 * can be; the parent's validation passes over those that are valid.
 */
final class ConstraintSteps {
  private static final int NATIVE_SINCE = 18;

  private final ConstraintState state;
  private final boolean nativeNotValid;
  private final ConstraintSql sql;

  ConstraintSteps(Target target, ConstraintState state) {
    this.state = state;
    this.nativeNotValid = target.server().major() >= NATIVE_SINCE;
    this.sql = new ConstraintSql(target, state);
  }

  /** Every statement that is left, in order; empty when NOT NULL is valid and the CHECK is gone. */
  List<Ddl> remaining() {
    List<Ddl> steps = new ArrayList<>();
    boolean check = state.ownCheck().isPresent();
    if (!state.notNullValid()) {
      if (state.root().declared()) {
        steps.addAll(validateNotNull());
      } else if (state.root().provenByCheck()) {
        // In a partition SET NOT NULL on the parent leaves a NOT NULL not valid that is so already.
        steps.addAll(validateNotNull());
        steps.add(sql.setNotNull());
      } else if (nativeNotValid && !check) {
        steps.addAll(addNotNull());
      } else {
        steps.addAll(addCheck());
        steps.add(sql.setNotNull());
        check = true;
      }
    }
    if (check) {
      steps.add(sql.drop("drop the CHECK constraint, which NOT NULL made superfluous"));
    }
    return steps;
  }

  /** Takes back what refuses new NULLs, when NOT NULL cannot be had. */
  Optional<Ddl> withdrawal() {
    return state.ownUnvalidated()
        ? Optional.of(sql.drop("take back the constraint, which could not be validated"))
        : Optional.empty();
  }

  /** Every NOT NULL that is there and not valid, whoever made it. */
  private List<Ddl> validateNotNull() {
    List<Ddl> steps = new ArrayList<>();
    for (TableState leaf : leaves()) {
      leaf.unvalidatedNotNull().ifPresent(name -> steps.add(sql.validate(leaf.table(), name)));
    }
    Optional<String> root = state.root().unvalidatedNotNull();
    if (root.isPresent()) {
      // Takes along the partitioned tables between it and the leaves.
      steps.add(sql.validate(state.root().table(), root.get()));
    } else {
      for (TableState table : state.tables()) {
        if (table.partitioned()) {
          table
              .unvalidatedNotNull()
              .ifPresent(name -> steps.add(sql.validate(table.table(), name)));
        }
      }
    }
    return steps;
  }

  private List<Ddl> addNotNull() {
    List<Ddl> steps = new ArrayList<>();
    steps.add(sql.addNotNull());
    for (TableState leaf : leaves()) {
      // A leaf that has a NOT NULL of its own keeps it, under its name.
      Optional<String> name =
          leaf.declared() ? leaf.unvalidatedNotNull() : Optional.of(state.name());
      name.ifPresent(n -> steps.add(sql.validate(leaf.table(), n)));
    }
    steps.add(sql.validate(state.root().table(), state.name()));
    return steps;
  }

  private List<Ddl> addCheck() {
    List<Ddl> steps = new ArrayList<>();
    if (state.ownCheck().isEmpty()) {
      steps.add(sql.addCheck());
    }
    for (TableState leaf : leaves()) {
      if (!leaf.check(state.name()).map(Constraint::valid).orElse(false)) {
        steps.add(sql.validate(leaf.table(), state.name()));
      }
    }
    steps.add(sql.validate(state.root().table(), state.name()));
    return steps;
  }

  /** The partitions that hold rows. */
  private List<TableState> leaves() {
    return state.tables().stream().skip(1).filter(table -> !table.partitioned()).toList();
  }
}
