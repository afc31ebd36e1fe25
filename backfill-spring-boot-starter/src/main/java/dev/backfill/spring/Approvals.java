package dev.backfill.spring;

import dev.backfill.BackfillDefinition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the contract of a run that waits was approved meanwhile, by whomever and wherever. */
final class Approvals {
  private static final Logger LOG = LoggerFactory.getLogger(Approvals.class);

  private final DataSource dataSource;

  Approvals(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** False also where the database cannot be asked just now. */
  boolean given(BackfillDefinition definition, String run) {
    String schema = definition.specification().options().stateSchema().replace("\"", "\"\"");
    String sql =
        "select contract_approved or state = 'DONE' from \"" + schema + "\".run where name = ?";
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, run);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    } catch (SQLException e) {
      LOG.debug("Whether {} is approved could not be read", run, e);
      return false;
    }
  }
}
