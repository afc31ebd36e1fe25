package dev.backfill.spring;

import dev.backfill.model.Contract;
import dev.backfill.model.NewRows;
import dev.backfill.model.ScanOrder;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * One backfill, under {@code backfill.definitions.<name>}. What is not set has the default of the
 * library.
 *
 * @param table Table, with its schema before a dot or without.
 * @param column New column, or one that exists and is to be filled.
 * @param type SQL type of the column.
 * @param value SQL expression over the columns of the row. Either this or constant.
 * @param constant The same value for every row, in the database's text form.
 * @param where SQL condition; only rows for which it holds are filled.
 * @param key Columns of a unique NOT NULL index to page by.
 * @param order In which order rows are gone through.
 * @param newRows How rows are covered that are inserted meanwhile.
 * @param contract What happens once every row is filled.
 * @param workers Windows filled at the same time, 1 to 64.
 * @param maxRowsPerSecond Cap on filled rows per second.
 * @param maxWalPerSecond Cap on WAL per second, at least 1KB.
 * @param publishedTableAcknowledged Whether the subscribers of a published table are cared for.
 * @param dropCoverAtContract Whether default or trigger of new rows is dropped once NOT NULL holds.
 * @param badRows What is done about a row that cannot take its value.
 * @param quarantine With bad-rows: quarantine.
 * @param vacuum What is done about the dead rows that the run leaves.
 * @param batch Size of a transaction.
 * @param throttle Limits at which the run holds back.
 */
public record DefinitionProperties(
    @Nullable String table,
    @Nullable String column,
    @Nullable String type,
    @Nullable String value,
    @Nullable String constant,
    @Nullable String where,
    @DefaultValue List<String> key,
    @Nullable ScanOrder order,
    @Nullable NewRows newRows,
    @Nullable Contract contract,
    @Nullable Integer workers,
    @Nullable Long maxRowsPerSecond,
    @Nullable DataSize maxWalPerSecond,
    @DefaultValue("false") boolean publishedTableAcknowledged,
    @DefaultValue("false") boolean dropCoverAtContract,
    @Nullable BadRowsChoice badRows,
    @DefaultValue Quarantine quarantine,
    @DefaultValue Vacuuming vacuum,
    @DefaultValue Batch batch,
    @DefaultValue Limits throttle) {

  /** What is done about a row that cannot take its value. */
  public enum BadRowsChoice {
    /** The run ends at the first one. */
    FAIL,
    /** It is put aside, and the run goes on. */
    QUARANTINE
  }

  /**
   * How rows are put aside.
   *
   * @param max Rows that may be put aside, at least 1; one more ends the run.
   * @param withValues Whether messages are kept whole, with the values of the row that they may
   *     hold.
   */
  public record Quarantine(@Nullable Integer max, @DefaultValue("false") boolean withValues) {}

  /**
   * One of the two, or neither: then autovacuum comes as it is set up.
   *
   * @param runAt Share of dead rows, above 0 and at most 1, at which the run executes VACUUM.
   * @param awaitAt Share of dead rows at which batches wait for autovacuum.
   * @param awaitDeadline For how long they wait at most, at least 1 s; default 10 min.
   */
  public record Vacuuming(
      @Nullable Double runAt, @Nullable Double awaitAt, @Nullable Duration awaitDeadline) {}

  /**
   * Rows or time, not both.
   *
   * @param rows Always so many rows, at least 1.
   * @param time As many rows as the server fills within this time.
   */
  public record Batch(@Nullable Integer rows, @Nullable Duration time) {}

  /**
   * At a limit no batch starts any more; at half of it the run goes on.
   *
   * @param replicationLag How far standbys may fall behind.
   * @param lockWaits Sessions waiting for a lock that use the table.
   * @param activeSessions Sessions of others that are executing a statement.
   * @param oldestSnapshot Age of the oldest transaction that keeps old row versions.
   * @param slotRetainedWal WAL kept for the replication slot that is furthest behind.
   * @param archiverBacklog Finished WAL files that are not archived.
   * @param deadTuples Dead rows of the table, as the statistics estimate them.
   * @param walRate WAL per second of the whole server.
   */
  public record Limits(
      @Nullable Duration replicationLag,
      @Nullable Integer lockWaits,
      @Nullable Integer activeSessions,
      @Nullable Duration oldestSnapshot,
      @Nullable DataSize slotRetainedWal,
      @Nullable Integer archiverBacklog,
      @Nullable Long deadTuples,
      @Nullable DataSize walRate) {}
}
