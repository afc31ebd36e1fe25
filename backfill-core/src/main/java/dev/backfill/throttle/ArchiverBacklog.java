package dev.backfill.throttle;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * WAL files that wait to be archived. The statistics that every role may read tell how far the
 * archiver is; after a reset, or when a history or backup file was its last, only its directory
 * does, which takes pg_monitor.
 */
record ArchiverBacklog(double limit) implements Signal {
  static final String NAME = "archiver-backlog";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String unit() {
    return "files";
  }

  @Override
  public Reading read(SignalContext context) throws SQLException {
    try (Statement statement = context.connection().createStatement()) {
      try (ResultSet rows = statement.executeQuery(CatalogQueries.ARCHIVER_BACKLOG)) {
        rows.next();
        double files = rows.getDouble(1);
        boolean known = !rows.wasNull();
        if (!rows.getBoolean(4)) {
          return Reading.unknown(rows.getString(3));
        }
        if (known) {
          return Reading.of(files, rows.getString(2));
        }
        if (!rows.getBoolean(5)) {
          return Reading.unknown(
              "pg_stat_archiver does not tell how far the archiver is, and this role may not look into"
                  + " its directory: GRANT pg_monitor TO "
                  + rows.getString(6));
        }
      }
      try (ResultSet rows = statement.executeQuery(CatalogQueries.FILES_TO_ARCHIVE)) {
        rows.next();
        return Reading.of(rows.getDouble(1));
      }
    }
  }
}
