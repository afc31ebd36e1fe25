package dev.backfill.examples.quickstart;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * The table that gets a new column. Each row says who wrote it, so that afterwards every row can be
 * held against what it must hold, whatever happened in between.
 */
final class OrdersTable {
  static final String NAME = "quickstart.orders";
  static final String STATE = "quickstart_state";
  static final String COLUMN = "status_code";
  static final String VALUE = "case when shipped_at is null then 'pending' else 'shipped' end";

  /** What new application code writes; a backfill never overwrites it. */
  static final String FROM_NEW_CODE = "imported";

  private final DataSource dataSource;

  OrdersTable(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** Whether a run was begun here and has not reached its end. */
  boolean interrupted() throws SQLException {
    return number("select (to_regclass('%s.run') is not null)::int".formatted(STATE)) == 1
        && number("select count(*) from %s.run where phase <> 'DONE'".formatted(STATE)) > 0;
  }

  void create(long rows) throws SQLException {
    execute(
        "drop schema if exists quickstart cascade",
        "drop schema if exists quickstart_state cascade",
        "create schema quickstart",
        """
        create table quickstart.orders (
          id bigint generated always as identity primary key,
          customer_id bigint not null,
          created_at timestamptz not null default now(),
          shipped_at timestamptz,
          amount numeric(12, 2) not null,
          written_by text not null default 'old code')
        """,
        """
        insert into quickstart.orders (customer_id, created_at, shipped_at, amount)
        select n %% 10000, timestamptz '2024-01-01 00:00Z' + n * interval '7 s',
               case when n %% 3 > 0 then timestamptz '2024-01-03 00:00Z' + n * interval '7 s' end,
               n %% 97 + 0.25
        from generate_series(1, %d) n
        """
            .formatted(rows),
        "create index on quickstart.orders (customer_id)",
        "create index on quickstart.orders (created_at)",
        "vacuum analyze quickstart.orders");
  }

  long rows() throws SQLException {
    return number("select count(*) from " + NAME);
  }

  /** Rows that do not hold what they must. */
  long wrongRows() throws SQLException {
    return number(
        "select count(*) from %s where %s is distinct from case written_by when 'new code' then '%s' else %s end"
            .formatted(NAME, COLUMN, FROM_NEW_CODE, VALUE));
  }

  /** Whether the server refuses a NULL, tried without the triggers that would fill it. */
  boolean refusesNull() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      try {
        statement.execute("alter table %s disable trigger user".formatted(NAME));
        statement.execute(
            "insert into %s (customer_id, amount, %s) values (1, 1, null)".formatted(NAME, COLUMN));
        return false;
      } catch (SQLException e) {
        return "23502".equals(e.getSQLState());
      } finally {
        connection.rollback();
      }
    }
  }

  long heapBytes() throws SQLException {
    return number("select pg_relation_size('%s')".formatted(NAME));
  }

  long walPosition() throws SQLException {
    return number("select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint");
  }

  private void execute(String... statements) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private long number(String query) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      result.next();
      return result.getLong(1);
    }
  }
}
