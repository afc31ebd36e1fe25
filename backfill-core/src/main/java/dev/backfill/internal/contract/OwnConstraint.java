package dev.backfill.internal.contract;

import dev.backfill.internal.contract.ConstraintState.Constraint;
import dev.backfill.internal.contract.ConstraintState.TableState;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import java.sql.Connection;
import java.util.List;
import java.util.Optional;

/**
 * What a contract that did not come to its end has left on the column.
 *
 * @param name of the library's constraint; empty when there is none
 * @param nullsStayRefused whether a NULL is refused without it too, by a constraint of somebody
 *     else, or by a NOT NULL that has no name by which it would be known as the library's: up to
 *     PostgreSQL 17 it has none
 */
public record OwnConstraint(Optional<String> name, boolean nullsStayRefused) {

  /**
   * @param tables every table of the partition tree, root first
   */
  public static OwnConstraint read(Connection connection, List<Leaf> tables, String column) {
    ConstraintState state = ConstraintState.read(connection, tables, column);
    return new OwnConstraint(
        state.root().constraints().stream()
            .map(Constraint::name)
            .filter(state.name()::equals)
            .findFirst(),
        state.tables().stream().anyMatch(table -> refusesNulls(table, state.name())));
  }

  private static boolean refusesNulls(TableState table, String own) {
    return table.constraints().stream().anyMatch(c -> !c.name().equals(own))
        || (table.declared() && table.constraints().stream().allMatch(Constraint::check));
  }
}
