package dev.backfill.spring;

import dev.backfill.BackfillRun;
import dev.backfill.model.Specification;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;

/**
 * Adds the columns before JPA looks at the schema. Each run is started, and stopped again once its
 * column is there; the rest of it follows when the application has started.
 */
final class BackfillExpansion implements InitializingBean {
  static final String BEAN_NAME = "backfillExpansion";

  private static final Logger LOG = LoggerFactory.getLogger(BackfillExpansion.class);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final String COLUMN =
      """
      select exists (
        select from pg_attribute
        where attrelid = to_regclass(coalesce(quote_ident(?) || '.', '') || quote_ident(?))
          and attname = ? and not attisdropped)
      """;

  private final BackfillProperties properties;
  private final List<RegisteredBackfill> backfills;
  private final DataSource dataSource;

  BackfillExpansion(
      BackfillProperties properties, List<RegisteredBackfill> backfills, DataSource dataSource) {
    this.properties = properties;
    this.backfills = backfills;
    this.dataSource = dataSource;
  }

  @Override
  public void afterPropertiesSet() throws InterruptedException {
    if (!properties.enabled()
        || properties.expand() != Expand.BEFORE_JPA
        || properties.startup() == Startup.PLAN) {
      return;
    }
    for (RegisteredBackfill backfill : backfills) {
      try {
        expand(backfill);
      } catch (SQLException | RuntimeException e) {
        LOG.error(
            "Backfill {} ({}): its column was not added before JPA: {}",
            backfill.name(),
            backfill.origin(),
            e.getMessage());
      }
    }
  }

  private void expand(RegisteredBackfill backfill) throws SQLException, InterruptedException {
    Specification spec = backfill.definition().specification();
    if (exists(spec)) {
      return;
    }
    try (BackfillRun run = backfill.start()) {
      while (run.await(LOOK).isEmpty() && !exists(spec)) {
        LOG.debug("Waiting for the column of {}", backfill.name());
      }
    } finally {
      // The next start must not meet what is left of this one.
      backfill.awaitEnd();
    }
  }

  private boolean exists(Specification spec) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(COLUMN)) {
      statement.setString(1, spec.schema().orElse(null));
      statement.setString(2, spec.table());
      statement.setString(3, spec.column());
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }
}
