package dev.backfill.internal.plan;

import dev.backfill.internal.postgres.Borrowed;
import dev.backfill.internal.postgres.JooqProbe;
import dev.backfill.internal.postgres.SqlStates;
import dev.backfill.model.BackfillPlan;
import dev.backfill.model.RunFailedException;
import dev.backfill.model.Specification;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;

/** Makes a plan on a connection of its own. */
public final class Planning {
  private Planning() {}

  public static BackfillPlan plan(DataSource dataSource, Specification spec) {
    JooqProbe.require();
    try (Borrowed borrowed = Borrowed.from(dataSource)) {
      return Planner.plan(borrowed.connection(), spec);
    } catch (SQLException | DataAccessException e) {
      throw new RunFailedException(
          "The plan could not be made, and nothing was changed: " + SqlStates.message(e) + ".", e);
    }
  }
}
