package dev.backfill.crashloop;

import dev.backfill.Backfill;
import dev.backfill.BackfillBuilder;
import dev.backfill.model.NewRows;
import dev.backfill.model.Strategy;
import dev.backfill.testing.Operation;
import dev.backfill.testing.TrafficBuilder;
import java.util.List;

/** Where the new column's value comes from, and how new rows are covered. */
enum Value {
  TRIGGER("case when shipped_at is null then 'pending' else 'shipped' end"),
  DEFAULT("'pending'"),
  JAVA("'c' || customer_id");

  private final String sql;

  Value(String sql) {
    this.sql = sql;
  }

  /** What a row must hold that the application never wrote. */
  String sql() {
    return sql;
  }

  BackfillBuilder definition() {
    var column = Backfill.column("orders", "status_code").type("text");
    return switch (this) {
      case TRIGGER -> column.value(sql);
      case DEFAULT -> column.constant("pending").strategy(Strategy.batched());
      case JAVA ->
          column
              .value(List.of("customer_id"), row -> "c" + row.get("customer_id"))
              .newRows(NewRows.application());
    };
  }

  /** An application that may run beside it. */
  TrafficBuilder traffic(TrafficBuilder traffic) {
    // Nothing covers new rows beside a Java function: the application has to.
    return traffic
        .recomputed(this == TRIGGER)
        .weight(Operation.INSERT, this == JAVA ? 0 : 2)
        .weight(Operation.MOVE_KEY, 1);
  }
}
