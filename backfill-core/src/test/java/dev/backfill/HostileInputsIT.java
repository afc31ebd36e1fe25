package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.RunState;
import dev.backfill.model.Strategy;
import dev.backfill.testing.Hostile;
import dev.backfill.testing.TestDatabase;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.lifecycle.BeforeTry;

/** Whole runs over keys and values that are made up; the report of each has its seed. */
class HostileInputsIT {
  private static TestDatabase database;

  @BeforeContainer
  static void open() {
    database = TestDatabase.forClass(HostileInputsIT.class);
    // The state schema stays: making it anew would be most of each try.
    database.execute("create table first (id int primary key)");
    Backfill.column("first", "c").type("int").value("id").on(database.dataSource()).run();
  }

  @AfterContainer
  static void close() {
    database.close();
  }

  @BeforeTry
  void forget() {
    database.execute("delete from backfill.run", "drop table if exists keyed");
  }

  /** A key of one or two columns, and a few values for each. */
  record Keys(List<String> types, List<List<String>> rows) {}

  @Provide
  Arbitrary<Keys> keys() {
    return Hostile.keyTypes()
        .list()
        .ofMinSize(1)
        .ofMaxSize(2)
        .flatMap(
            types ->
                Combinators.combine(types.stream().map(Hostile::valuesOf).toList())
                    .as(values -> values)
                    .list()
                    .ofMinSize(1)
                    .ofMaxSize(25)
                    .map(rows -> new Keys(types, rows)));
  }

  @Property(tries = 20)
  @Label("T6, T7, D4: keys of any type and value, over a stop in mid-run")
  void anyKeys(@ForAll("keys") Keys keys, @ForAll("stopAfter") int stopAfter) {
    boolean pair = keys.types.size() == 2;
    database.execute(
        "create table keyed (a %s, %s n int not null, primary key (a%s))"
            .formatted(
                keys.types.get(0), pair ? "b " + keys.types.get(1) + "," : "", pair ? ", b" : ""));
    int rows = 0;
    for (List<String> row : keys.rows) {
      rows +=
          database.update(
              "insert into keyed select cast(cast(? as text) as %s), %s 7 on conflict do nothing"
                  .formatted(
                      uncollated(keys.types.get(0)),
                      pair
                          ? "cast(cast(? as text) as " + uncollated(keys.types.get(1)) + "),"
                          : ""),
              row.toArray());
    }
    AtomicInteger batches = new AtomicInteger();
    Backfills operators = Backfills.on(database.dataSource());
    BackfillResult result;
    do {
      result =
          Backfill.column("keyed", "filled")
              .type("int")
              .value("n * 2")
              .batchSize(BatchSize.fixed(2))
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.BatchCommitted
                        && batches.incrementAndGet() == stopAfter) {
                      operators.stop("public.keyed.filled");
                    }
                  })
              .on(database.dataSource())
              .run();
    } while (result.state() == RunState.STOPPED);

    assertThat(result.notNull()).isTrue();
    assertThat(result.rows()).isEqualTo(rows);
    assertThat(database.queryLong("select count(*) from keyed where filled = 14")).isEqualTo(rows);
    assertThat(database.queryLong("select swept_rows from backfill.run"))
        .as("rows that only the null proof found")
        .isZero();
  }

  @Provide
  Arbitrary<Integer> stopAfter() {
    return Arbitraries.integers().between(1, 6);
  }

  private static String uncollated(String type) {
    return type.replaceAll(" collate .*", "");
  }

  @Property(tries = 20)
  @Label("D2: a constant of any text is in every row as it was given")
  void anyConstant(@ForAll("texts") String constant, @ForAll boolean instant) {
    database.execute(
        "create table keyed (id int primary key)",
        "insert into keyed select generate_series(1, 5)");
    BackfillResult result =
        Backfill.column("keyed", "c")
            .type("text")
            .constant(constant)
            .strategy(instant ? Strategy.auto() : Strategy.batched())
            .on(database.dataSource())
            .run();
    database.execute("insert into keyed (id) values (6)");

    assertThat(result.notNull()).isTrue();
    assertThat(database.queryStrings("select distinct c from keyed")).containsExactly(constant);
  }

  @Provide
  Arbitrary<String> texts() {
    return Hostile.texts();
  }

  @Property(tries = 50)
  @Label("Text that PostgreSQL cannot hold is refused by the definition")
  void unstorable(
      @ForAll("texts") String before,
      @ForAll("unstorableChars") char bad,
      @ForAll("texts") String after) {
    String text = before + "a" + bad + after;
    ColumnStages.Valued typed = Backfill.column("keyed", "c").type("text");
    for (Runnable definition :
        List.<Runnable>of(
            () -> typed.constant(text),
            () -> typed.constant(bad),
            () -> typed.value(text),
            () -> typed.value("1").where(text),
            () -> typed.value("1").name(text),
            () -> Backfill.column("keyed", "c").type(text),
            () -> Backfill.column("s", "t", "c" + bad))) {
      assertThatThrownBy(definition::run)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("U+%04X", (int) bad);
    }
  }

  @Provide
  Arbitrary<Character> unstorableChars() {
    return Arbitraries.of('\0', '\ud800', '\udbff', '\udc00', '\udfff');
  }
}
