package dev.backfill.spring;

import dev.backfill.examples.local.LocalPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** One server for all tests of a JVM; each test has a database of its own. */
final class TestServer {
  private static final LocalPostgres SERVER =
      LocalPostgres.start(Map.of("fsync", "off", "max_connections", "100"));
  private static final AtomicInteger COUNTER = new AtomicInteger();

  private TestServer() {}

  /** A fresh database with a table of orders. */
  static Database database(int orders) {
    String name = "orders" + COUNTER.incrementAndGet();
    SERVER.execute("create database " + name);
    Database database = new Database(name);
    database.execute(
        "create table orders (id bigint primary key, shipped_at timestamptz)",
        "insert into orders select g, case when g % 2 = 0 then now() end from generate_series(1, "
            + orders
            + ") g");
    return database;
  }

  record Database(String name) {
    String url() {
      return SERVER.url(name);
    }

    String[] properties() {
      return new String[] {
        "spring.datasource.url=" + url(), "spring.datasource.hikari.pool-name=application"
      };
    }

    void execute(String... statements) {
      try (Connection connection = SERVER.dataSource(name).getConnection();
          Statement statement = connection.createStatement()) {
        for (String sql : statements) {
          statement.execute(sql);
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    String query(String sql) {
      try (Connection connection = SERVER.dataSource(name).getConnection();
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(sql)) {
        return row.next() ? row.getString(1) : null;
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
