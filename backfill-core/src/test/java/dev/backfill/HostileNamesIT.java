package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.NewRows;
import dev.backfill.testing.HostileName;
import dev.backfill.testing.TestDatabase;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whole runs over names that are made up, with a row that the application inserts meanwhile. */
class HostileNamesIT {
  private static final int ROWS = 20;

  private static TestDatabase database;

  @BeforeContainer
  static void open() {
    database = TestDatabase.forClass(HostileNamesIT.class);
    // The state schema stays: making it anew would be most of each try.
    database.execute("create table first (id int primary key)");
    Backfill.column("first", "c").type("int").value("id").on(database.dataSource()).run();
  }

  @AfterContainer
  static void close() {
    database.close();
  }

  /** All the names of one table, those of its columns different. */
  record Names(String schema, String table, String key, String input, String column) {
    String sql() {
      return quoted(schema) + "." + quoted(table);
    }

    private boolean tellColumnsApart() {
      return Set.copyOf(List.of(key, input, column)).size() == 3;
    }
  }

  @Provide
  Arbitrary<Names> names() {
    Arbitrary<String> name = HostileName.any();
    return Combinators.combine(name, name, name, name, name)
        .as(Names::new)
        .filter(Names::tellColumnsApart);
  }

  @Property
  @Label("D7: names of any kind, from the first statement of a run to its last")
  void anyNames(@ForAll("names") Names names, @ForAll boolean inJava) {
    database.execute(
        "create schema " + quoted(names.schema),
        "create table %s (%s int primary key, %s text)"
            .formatted(names.sql(), quoted(names.key), quoted(names.input)),
        "insert into %s select g, 'v' || g from generate_series(1, %d) g"
            .formatted(names.sql(), ROWS));
    try {
      AtomicBoolean inserted = new AtomicBoolean();
      BackfillResult result =
          definition(names, inJava)
              .batchSize(BatchSize.fixed(3))
              .listener(
                  event -> {
                    if (event instanceof BackfillEvent.BatchCommitted
                        && inserted.compareAndSet(false, true)) {
                      database.update("insert into " + names.sql() + " values (0, 'v0')");
                    }
                  })
              .dropCoverAtContract()
              .on(database.dataSource())
              .run();

      assertThat(result.notNull()).isTrue();
      assertThat(
              database.queryLong(
                  "select count(*) from %s where %s = %s || chr(63)"
                      .formatted(names.sql(), quoted(names.column), quoted(names.input))))
          .isEqualTo(ROWS + 1);
      assertThat(whatIsLeftOn(names)).isEmpty();
    } finally {
      database.execute(
          "drop schema " + quoted(names.schema) + " cascade", "delete from backfill.run");
    }
  }

  private static BackfillBuilder definition(Names names, boolean inJava) {
    ColumnStages.Valued typed =
        Backfill.column(names.schema, names.table, names.column).type("text");
    return inJava
        ? typed
            .value(List.of(names.input), row -> row.get(names.input) + "?")
            .newRows(NewRows.application())
        : typed.value(quoted(names.input) + " || '?'");
  }

  /** Triggers and constraints that the run should have dropped. */
  private static List<String> whatIsLeftOn(Names names) {
    return database.queryStrings(
        "select tgname from pg_trigger where tgrelid = cast(? as regclass)"
            + " union all select conname from pg_constraint"
            + " where contype = 'c' and conrelid = cast(? as regclass)",
        names.sql(),
        names.sql());
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
