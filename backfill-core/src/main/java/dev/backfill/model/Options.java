package dev.backfill.model;

import dev.backfill.throttle.Throttling;
import java.util.OptionalLong;

/**
 * How a definition is run; none of it changes which value a row gets.
 *
 * @param workers how many windows are filled at the same time; default 1
 * @param maxRowsPerSecond cap over all workers, empty for none
 * @param publishedTableAcknowledged the table is in a publication and the subscribers are cared for
 * @param dropCoverAtContract remove the default or trigger of new rows once NOT NULL holds
 * @param badRows what is done about a row that cannot take its value
 * @param vacuum what is done about the dead rows that the run leaves
 * @param throttling what the run holds back for
 */
public record Options(
    NewRows newRows,
    BatchSize batchSize,
    int workers,
    Stripes stripes,
    ScanOrder order,
    OptionalLong maxRowsPerSecond,
    RetryPolicy retry,
    Timeouts timeouts,
    Contract contract,
    Strategy strategy,
    String stateSchema,
    boolean publishedTableAcknowledged,
    boolean dropCoverAtContract,
    BadRows badRows,
    Vacuum vacuum,
    Throttling throttling) {

  public static Options defaults() {
    return new Options(
        NewRows.AUTO,
        BatchSize.adaptive(),
        1,
        Stripes.auto(),
        ScanOrder.AUTO,
        OptionalLong.empty(),
        RetryPolicy.defaults(),
        Timeouts.defaults(),
        Contract.SET_NOT_NULL,
        Strategy.AUTO,
        "backfill",
        false,
        false,
        BadRows.fail(),
        Vacuum.off(),
        Throttling.defaults());
  }
}
