package dev.backfill.examples.benchmark;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.row;
import static org.jooq.impl.DSL.table;

import com.zaxxer.hikari.HikariDataSource;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** What is written by hand in Java: an UPDATE for each range of 5,000 keys, committed at once. */
final class JooqLoop implements Contender {
  private static final int BATCH_ROWS = 5_000;

  @Override
  public String name() {
    return "jooq-loop";
  }

  @Override
  public void fill(DataSource dataSource, BenchTable benchTable) {
    try (HikariDataSource pool = Pool.of(dataSource)) {
      fill(DSL.using(pool, SQLDialect.POSTGRES), benchTable);
    }
  }

  private static void fill(DSLContext jooq, BenchTable benchTable) {
    Table<?> table = table(DSL.name(benchTable.table()));
    List<Field<Object>> key =
        benchTable.rows().keyNames().stream().map(k -> field(DSL.name(k), Object.class)).toList();
    Field<String> column = field(DSL.name(BenchTable.COLUMN), String.class);
    Field<String> value = field(benchTable.value().sql(), String.class);
    Condition filter = benchTable.where().map(DSL::condition).orElse(noCondition());
    Condition after = noCondition();
    Record last;
    do {
      last =
          jooq.select(key)
              .from(table)
              .where(after)
              .and(filter)
              .orderBy(key)
              .offset(BATCH_ROWS - 1)
              .limit(1)
              .fetchOne();
      jooq.update(table)
          .set(column, value)
          .where(column.isNull())
          .and(filter)
          .and(after)
          .and(upTo(key, last))
          .execute();
      if (last != null) {
        after = row(key).gt(row(last.intoList()));
      }
    } while (last != null);
  }

  private static Condition upTo(List<Field<Object>> key, @Nullable Record last) {
    return last == null ? noCondition() : row(key).le(row(last.intoList()));
  }
}
