package dev.backfill.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every contender fills every row of its table, each with its own value, and no other row. */
class FillIT {
  private static final int ROWS = 3_000;

  /** Whose statements differ from table to table. */
  private static final Set<String> ON_EACH_TABLE =
      Set.of("keyset-1000", "spring-batch-1000", "jooq-loop", "library-1");

  private static BenchServer server;
  private static Meter meter;

  @BeforeAll
  static void start() {
    server = BenchServer.start();
    meter = new Meter(new FreshTables(server, ROWS), Company.nobody(server, ROWS));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static List<Contender> contenders() {
    return Contenders.all(table -> Duration.ofMinutes(5));
  }

  private static Stream<Arguments> pairs() {
    return BenchTables.ALL.stream()
        .flatMap(
            table ->
                contenders().stream()
                    .filter(contender -> contender.supports(table))
                    .map(contender -> Arguments.of(contender, table)));
  }

  static Stream<Arguments> eachTable() {
    return pairs().filter(pair -> ON_EACH_TABLE.contains(((Contender) pair.get()[0]).name()));
  }

  static Stream<Arguments> eachContender() {
    return pairs()
        .filter(pair -> pair.get()[1].equals(BenchTables.PGBENCH))
        .filter(pair -> !ON_EACH_TABLE.contains(((Contender) pair.get()[0]).name()));
  }

  static Stream<Arguments> allOthers() {
    List<Arguments> others = eachContender().toList();
    return pairs()
        .filter(pair -> !ON_EACH_TABLE.contains(((Contender) pair.get()[0]).name()))
        .filter(
            pair -> others.stream().noneMatch(o -> List.of(o.get()).equals(List.of(pair.get()))));
  }

  @ParameterizedTest
  @MethodSource({"eachTable", "eachContender"})
  void fillsEveryRowRight(Contender contender, BenchTable table) throws Exception {
    Sample sample = meter.measure(contender, table);

    // Who fills a row wrong does not get so far.
    assertThat(sample.rows().due()).isPositive();
    assertThat(sample.rows().right()).isEqualTo(sample.rows().due());
    assertThat(sample.after().updates()).isGreaterThanOrEqualTo(sample.rows().due());
    assertThat(sample.heapRatio()).isBetween(1.0, 8.0);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("allOthers")
  void theOthersToo(Contender contender, BenchTable table) throws Exception {
    fillsEveryRowRight(contender, table);
  }

  @Test
  void onlyOneInTenRowsIsDueInTheSparseTable() throws Exception {
    BenchTable sparse =
        BenchTables.ALL.stream().filter(t -> t.name().equals("sparse")).findFirst().orElseThrow();

    assertThat(meter.measure(new SingleUpdate(), sparse).rows().due())
        .isBetween(ROWS / 20L, ROWS / 5L);
  }

  @Test
  void aWrongValueIsNoSpeed() {
    Contender wrong =
        new Contender() {
          @Override
          public String name() {
            return "wrong";
          }

          @Override
          public void fill(DataSource dataSource, BenchTable table) throws SQLException {
            Sql.execute(dataSource, "UPDATE orders SET status_code = 'other' WHERE id = 7");
          }
        };

    assertThatThrownBy(() -> meter.measure(wrong, BenchTables.THREE_INDEXES))
        .hasMessage("wrong filled 1 rows of 3-indexes wrong");
  }
}
