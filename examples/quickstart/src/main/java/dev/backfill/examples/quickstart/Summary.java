package dev.backfill.examples.quickstart;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.backfill.model.BackfillResult;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;

/**
 * What the run came to.
 *
 * @param rows rows that the library filled, earlier starts of an interrupted run included
 * @param wrongRows rows of the whole table that do not hold what they must
 * @param notNull whether the server refuses a NULL
 * @param rowsPerSecond of this start and the rows that it filled, expand and contract included
 * @param hotShare share of the updates that stayed on their page without index writes
 * @param walBytes written during this start, by the library and by the traffic
 */
record Summary(
    long rows,
    long wrongRows,
    boolean notNull,
    double rowsPerSecond,
    long batches,
    long retries,
    double hotShare,
    long walBytes,
    long heapBefore,
    long heapAfter,
    double longestStallMs) {

  static Summary of(
      BackfillResult result,
      long rowsBefore,
      OrdersTable orders,
      Traffic traffic,
      long wal,
      long heapBefore)
      throws SQLException {
    return new Summary(
        result.rows(),
        orders.wrongRows(),
        result.notNull() && orders.refusesNull(),
        (result.rows() - rowsBefore) / Math.max(1e-3, result.duration().toNanos() / 1e9),
        result.batches(),
        result.retries(),
        result.hotShare().orElse(0),
        wal,
        heapBefore,
        orders.heapBytes(),
        traffic.longestStall().toNanos() / 1e6);
  }

  String text() {
    return String.format(
        Locale.ROOT,
        """

        rows filled              %,d at %,.0f rows/s, in %,d batches, %d of them tried again
        updates in place (HOT)   %.0f %%
        WAL                      %.0f MB, the traffic's included
        heap                     %.0f MB before, %.0f MB after
        longest stall            %.0f ms for any statement of the traffic
        wrong rows               %d, every row checked
        NULL                     %s\
        """,
        rows,
        rowsPerSecond,
        batches,
        retries,
        100 * hotShare,
        walBytes / 1e6,
        heapBefore / 1e6,
        heapAfter / 1e6,
        longestStallMs,
        wrongRows,
        notNull ? "refused by the server" : "NOT refused");
  }

  Path write() throws IOException {
    Path file = Target.folder().resolve("summary.json");
    new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), this);
    return file;
  }
}
