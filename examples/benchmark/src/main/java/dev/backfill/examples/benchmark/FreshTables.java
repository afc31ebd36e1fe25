package dev.backfill.examples.benchmark;

import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Gives each contender a database of its own, with nothing in it but one table, byte for byte the
 * same: the table is made once, in a database whose files are then copied.
 */
final class FreshTables {
  private static final String DROP =
      "DROP DATABASE IF EXISTS " + BenchServer.DATABASE + " WITH (FORCE)";

  /** As far as they fit into shared_buffers, as a table in use is. */
  private static final String WARM_UP =
      """
      SELECT sum(pg_prewarm(oid)) FROM pg_class
      WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace
      """;

  private final BenchServer server;
  private final long rows;
  private final Set<String> templates = new HashSet<>();

  FreshTables(BenchServer server, long rows) {
    this.server = server;
    this.rows = rows;
  }

  /** Makes a database anew with this table; who is still in the last one is thrown out. */
  void create(BenchTable table) throws SQLException {
    String template = "\"" + table.name() + "\"";
    if (templates.add(template)) {
      build(table);
      Sql.execute(
          server.operator(), "ALTER DATABASE " + BenchServer.DATABASE + " RENAME TO " + template);
    }
    Sql.execute(
        server.operator(),
        DROP,
        "CREATE DATABASE "
            + BenchServer.DATABASE
            + " TEMPLATE "
            + template
            + (server.version() < 15 ? "" : " STRATEGY file_copy"));
    warmUp();
  }

  /** The same for one contender only, without the copy. */
  void createOnce(BenchTable table) throws SQLException {
    build(table);
    warmUp();
  }

  private void warmUp() throws SQLException {
    Sql.execute(server.dataSource(), WARM_UP);
    // Each contender writes its own full-page images, nobody else's.
    Sql.execute(server.operator(), "CHECKPOINT");
  }

  private void build(BenchTable table) throws SQLException {
    Sql.execute(server.operator(), DROP, "CREATE DATABASE " + BenchServer.DATABASE);
    List<String> statements = table.ddl(rows);
    Sql.execute(server.dataSource(), statements.toArray(String[]::new));
    Sql.execute(
        server.dataSource(), "VACUUM ANALYZE " + table.table(), "CREATE EXTENSION pg_prewarm");
  }
}
