package dev.backfill.internal.expand;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.SqlFailure;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@PostgresTest
class AssignmentRulesIT {
  private static final List<String> TYPES =
      List.of(
          "int",
          "smallint",
          "bigint",
          "numeric",
          "float8",
          "boolean",
          "text",
          "varchar(5)",
          "char(3)",
          "\"char\"",
          "name",
          "date",
          "timestamp",
          "timestamptz",
          "time",
          "interval",
          "json",
          "jsonb",
          "uuid",
          "bytea",
          "xml",
          "inet",
          "cidr",
          "bit(3)",
          "varbit",
          "oid",
          "regclass",
          "money",
          "point",
          "int4range",
          "int[]",
          "bigint[]",
          "text[]",
          "varchar[]",
          "date[]",
          "mood",
          "mood[]",
          "pair",
          "bare",
          "nested_bare");

  /** Asks the server of every pair of types, and compares. */
  @Test
  void areThoseOfTheServer(TestDatabase database) throws SQLException {
    database.execute(
        "create type mood as enum ('good', 'bad')",
        "create type pair as (a int, b int)",
        "create domain bare as int",
        "create domain nested_bare as bare",
        IntStream.range(0, TYPES.size())
            .mapToObj(i -> "c" + i + " " + TYPES.get(i))
            .collect(Collectors.joining(", ", "create table every (", ")")));
    List<String> differences = new ArrayList<>();
    try (Connection connection = database.dataSource().getConnection()) {
      for (String source : TYPES) {
        for (String target : TYPES) {
          boolean ours =
              AssignmentRules.assignable(connection, oid(database, source), oid(database, target));
          if (ours != serverAssigns(database, source, target)) {
            differences.add(source + " to " + target + (ours ? " is refused" : " is assigned"));
          }
        }
      }
    }
    assertThat(differences).isEmpty();
  }

  private static long oid(TestDatabase database, String type) {
    return database.queryLong("select ?::regtype::oid", type);
  }

  private static boolean serverAssigns(TestDatabase database, String source, String target) {
    try {
      database.execute(
          "explain update every set c" + TYPES.indexOf(target) + " = c" + TYPES.indexOf(source));
      return true;
    } catch (SqlFailure e) {
      return false;
    }
  }
}
