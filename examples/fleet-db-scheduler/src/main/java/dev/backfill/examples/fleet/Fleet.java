package dev.backfill.examples.fleet;

import dev.backfill.examples.local.LocalPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Two real servers with three shards, and the table of the jobs in a database of the first. */
final class Fleet implements AutoCloseable {
  private static final String JOBS = "jobs";
  private static final Map<String, String> SETTINGS = Map.of("shared_buffers", "128MB");

  private final LocalPostgres north = LocalPostgres.start(SETTINGS);
  private final LocalPostgres south = LocalPostgres.start(SETTINGS);
  private final Map<String, String> shards = new LinkedHashMap<>();

  private Fleet() {}

  static Fleet start(long rows) {
    Fleet fleet = new Fleet();
    fleet.north.execute("create database " + JOBS);
    execute(fleet.north, JOBS, resource("jobs.sql"));
    fleet.shard("north/oslo", fleet.north, "oslo", rows);
    fleet.shard("north/malmo", fleet.north, "malmo", rows);
    fleet.shard("south/lisbon", fleet.south, "lisbon", rows);
    return fleet;
  }

  private void shard(String name, LocalPostgres server, String database, long rows) {
    server.execute("create database " + database);
    execute(
        server,
        database,
        "create table orders (id bigint generated always as identity primary key, shipped_at timestamptz);"
            + " insert into orders (shipped_at) select case when i %% 5 > 0 then now() end from generate_series(1, %d) i"
                .formatted(rows));
    shards.put(name, server.url(database));
  }

  /** A process that is a node of the application; its output is this one's. */
  Process node(String name, long rowsPerSecond) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(FleetNode.class.getName(), "--name", name));
    command.addAll(List.of("--jobs", north.url(JOBS)));
    command.addAll(List.of("--rows-per-second", Long.toString(rowsPerSecond)));
    shards.forEach((shard, url) -> command.addAll(List.of("--shard", shard + "=" + url)));
    return new ProcessBuilder(command).inheritIO().start();
  }

  /** Jobs that are not done. */
  long jobsLeft() {
    return number(north, JOBS, "select count(*) from scheduled_tasks");
  }

  /** The node at work on a server; null while nobody is. */
  @Nullable String workerOf(String server) {
    return query(
        north,
        JOBS,
        "select picked_by from scheduled_tasks where picked and task_instance = '" + server + "'");
  }

  /** Whether the first rows of a shard have their value. */
  boolean begun(String shard) {
    LocalPostgres server = server(shard);
    String database = database(shard);
    return query(server, database, "select to_regclass('backfill.run_window')") != null
        && number(server, database, "select coalesce(sum(rows), 0) from backfill.run_window") > 0;
  }

  /** Rows that a shard has, and those without the value that they should have. */
  record Rows(long all, long wrong) {}

  /** For each shard whose column is NOT NULL, its rows. */
  Map<String, Rows> rows() {
    Map<String, Rows> rows = new LinkedHashMap<>();
    for (String shard : shards.keySet()) {
      LocalPostgres server = server(shard);
      String database = database(shard);
      String notNull =
          "select count(*) from pg_attribute where attrelid = 'orders'::regclass"
              + " and attname = 'status_code' and attnotnull";
      if (number(server, database, notNull) == 1) {
        rows.put(
            shard,
            new Rows(
                number(server, database, "select count(*) from orders"),
                number(
                    server,
                    database,
                    "select count(*) from orders where status_code is distinct from"
                        + " case when shipped_at is null then 'pending' else 'shipped' end")));
      }
    }
    return rows;
  }

  private LocalPostgres server(String shard) {
    return shard.startsWith("north/") ? north : south;
  }

  private static String database(String shard) {
    return shard.substring(shard.indexOf('/') + 1);
  }

  private static long number(LocalPostgres server, String database, String sql) {
    return Long.parseLong(String.valueOf(query(server, database, sql)));
  }

  private static @Nullable String query(LocalPostgres server, String database, String sql) {
    return Sql.query(server.dataSource(database), sql);
  }

  private static void execute(LocalPostgres server, String database, String sql) {
    Sql.execute(server.dataSource(database), sql);
  }

  private static String resource(String name) {
    try (InputStream in = Fleet.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    south.close();
    north.close();
  }
}
