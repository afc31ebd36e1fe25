package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.Target;
import dev.backfill.model.NullsRemainException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Why NOT NULL is refused while rows without a value remain, and what to do. */
enum Refusal {
  OUTSIDE_WHERE(
      "They are outside of where(...), so the run does not fill them. Fill them by another run or by"
          + " hand, or leave the column nullable with contract(none())"),
  STILL_WRITTEN(
      "Each sweep filled such rows, and then there were new ones: the application goes on writing"
          + " rows without a value. Deploy the code that writes it, or let new rows be covered by a"
          + " default or trigger"),
  NOT_FILLED(
      "The sweep could not fill them: most likely a trigger of the table suppresses the update, or"
          + " sets the column to NULL again. Mend the trigger or the rows");

  private static final int EXAMPLES = 5;

  private final String reason;

  Refusal(String reason) {
    this.reason = reason;
  }

  NullsRemainException of(Target target, List<Found> found, Chunks chunks)
      throws SQLException, InterruptedException {
    long rows = found.stream().mapToLong(this::count).sum();
    return new NullsRemainException(
        rows
            + (rows == 1 ? " row of " : " rows of ")
            + target.table().sql()
            + (rows == 1 ? " has" : " have")
            + " no value in "
            + target.column()
            + examples(target, found, chunks)
            + ". NOT NULL was not applied. "
            + reason
            + ", then start the run again: it begins with this proof.");
  }

  private String examples(Target target, List<Found> found, Chunks chunks)
      throws SQLException, InterruptedException {
    List<String> keys = new ArrayList<>();
    for (Found some : found) {
      if (keys.size() < EXAMPLES && count(some) > 0) {
        String sql = new NullSql(target, some.range().leaf()).keys(this != OUTSIDE_WHERE, EXAMPLES);
        chunks.read(some.range(), sql, Refusal::strings).forEach(keys::addAll);
      }
    }
    // They may have been filled or deleted since they were counted.
    return keys.isEmpty()
        ? ""
        : ", for example where "
            + keys.stream().limit(EXAMPLES).collect(Collectors.joining(" or "));
  }

  private long count(Found found) {
    return this == OUTSIDE_WHERE ? found.outside() : found.fillable();
  }

  private static List<String> strings(ResultSet rows) throws SQLException {
    List<String> strings = new ArrayList<>();
    while (rows.next()) {
      strings.add(rows.getString(1));
    }
    return strings;
  }
}
