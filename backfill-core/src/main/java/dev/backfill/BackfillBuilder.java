package dev.backfill;

import dev.backfill.event.BackfillListener;
import dev.backfill.model.BadRows;
import dev.backfill.model.BatchSize;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.Contract;
import dev.backfill.model.Names;
import dev.backfill.model.NewRows;
import dev.backfill.model.Options;
import dev.backfill.model.RetryPolicy;
import dev.backfill.model.ScanOrder;
import dev.backfill.model.Specification;
import dev.backfill.model.StorableText;
import dev.backfill.model.Strategy;
import dev.backfill.model.Stripes;
import dev.backfill.model.Timeouts;
import dev.backfill.model.Vacuum;
import dev.backfill.throttle.Throttle;
import dev.backfill.throttle.Throttles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import javax.sql.DataSource;

/**
 * The options of a definition. Each may be set once; each is checked at once, and the message names
 * it. Not thread-safe; {@link #build()} returns a value that is.
 */
public final class BackfillBuilder {
  private static final int MAX_WORKERS = 64;

  private final Optional<String> schema;
  private final String table;
  private final String column;
  private final String type;
  private final ColumnValue value;
  private final Set<String> set = new HashSet<>();
  private final List<BackfillListener> listeners = new ArrayList<>();
  private Optional<String> name = Optional.empty();
  private Optional<String> where = Optional.empty();
  private List<String> key = List.of();
  private NewRows newRows = Options.defaults().newRows();
  private BatchSize batchSize = Options.defaults().batchSize();
  private int workers = Options.defaults().workers();
  private Stripes stripes = Options.defaults().stripes();
  private ScanOrder order = Options.defaults().order();
  private OptionalLong rowsPerSecond = Options.defaults().maxRowsPerSecond();
  private RetryPolicy retry = Options.defaults().retry();
  private Timeouts timeouts = Options.defaults().timeouts();
  private Contract contract = Options.defaults().contract();
  private Strategy strategy = Options.defaults().strategy();
  private String stateSchema = Options.defaults().stateSchema();
  private boolean published;
  private boolean dropCover;
  private BadRows badRows = Options.defaults().badRows();
  private Vacuum vacuum = Options.defaults().vacuum();
  private final ThrottlingOptions throttling = new ThrottlingOptions();

  BackfillBuilder(
      Optional<String> schema, String table, String column, String type, ColumnValue value) {
    this.schema = schema;
    this.table = table;
    this.column = column;
    this.type = type;
    this.value = value;
  }

  /**
   * Fills only rows for which this SQL condition holds; the others stay NULL, so that a contract
   * with NOT NULL needs them to be filled by somebody else. It is SQL that you write.
   */
  public BackfillBuilder where(String sqlCondition) {
    once("where");
    if (sqlCondition.isBlank()) {
      throw new IllegalArgumentException("where: the condition is blank");
    }
    where = Optional.of(StorableText.check("where", sqlCondition));
    return this;
  }

  /**
   * Columns of a unique NOT NULL index to page by. Default: the primary key, else such an index.
   */
  public BackfillBuilder key(String... columns) {
    once("key");
    if (columns.length == 0) {
      throw new IllegalArgumentException("key: name at least one column");
    }
    Arrays.stream(columns).forEach(c -> Names.check("key", c));
    key = List.of(columns);
    return this;
  }

  /** How new rows get their value. Default: a column default, or a trigger where that cannot do. */
  public BackfillBuilder newRows(NewRows cover) {
    once("newRows");
    newRows = cover;
    return this;
  }

  /** Rows per transaction. Default: adaptive, 50 ms of server time. */
  public BackfillBuilder batchSize(BatchSize size) {
    once("batchSize");
    batchSize = size;
    return this;
  }

  /** Windows filled at the same time, 1 to 64; each worker uses a connection. Default 1. */
  public BackfillBuilder workers(int count) {
    once("workers");
    if (count < 1 || count > MAX_WORKERS) {
      throw new IllegalArgumentException(
          "workers: must be between 1 and " + MAX_WORKERS + ", was " + count);
    }
    workers = count;
    return this;
  }

  /** Passes over each window. Default: chosen from the catalogs; plan() gives the reason. */
  public BackfillBuilder stripes(Stripes count) {
    once("stripes");
    stripes = count;
    return this;
  }

  /**
   * In which order rows are gone through. Default: {@link ScanOrder#auto()}; plan() gives the
   * reason. May be another at each start: a table that is being filled is finished in the order in
   * which it was begun, and of a partitioned one the partitions that are not begun yet follow the
   * new order.
   */
  public BackfillBuilder order(ScanOrder scanOrder) {
    once("order");
    order = scanOrder;
    return this;
  }

  /** Cap on filled rows per second over all workers, at least 1. Default: none. */
  public BackfillBuilder maxRowsPerSecond(long rows) {
    once("maxRowsPerSecond");
    if (rows < 1) {
      throw new IllegalArgumentException("maxRowsPerSecond: must be at least 1, was " + rows);
    }
    rowsPerSecond = OptionalLong.of(rows);
    return this;
  }

  /** How often a batch is tried again. Default: {@link RetryPolicy#defaults()}. */
  public BackfillBuilder retry(RetryPolicy policy) {
    once("retry");
    retry = policy;
    return this;
  }

  /** Bounds on every wait. Default: {@link Timeouts#defaults()}. */
  public BackfillBuilder timeouts(Timeouts bounds) {
    once("timeouts");
    timeouts = bounds;
    return this;
  }

  /** What happens once every row is filled. Default: {@link Contract#setNotNull()}. */
  public BackfillBuilder contract(Contract mode) {
    once("contract");
    contract = mode;
    return this;
  }

  /** Whether the instant path may be taken. Default: {@link Strategy#auto()}. */
  public BackfillBuilder strategy(Strategy choice) {
    once("strategy");
    strategy = choice;
    return this;
  }

  /** Schema of the run's state, created on first use. Default: {@code backfill}. */
  public BackfillBuilder stateSchema(String schemaName) {
    once("stateSchema");
    stateSchema = Names.check("stateSchema", schemaName);
    return this;
  }

  /** Name under which the run is kept and resumed. Default: schema.table.column. */
  public BackfillBuilder name(String runName) {
    once("name");
    if (runName.isBlank()) {
      throw new IllegalArgumentException("name: the run's name is blank");
    }
    name = Optional.of(StorableText.check("name", runName));
    return this;
  }

  /**
   * Says that the table is in a publication and its subscribers are cared for: they must get the
   * column before the publisher, and NOT NULL after it. Without this such a table is refused.
   */
  public BackfillBuilder publishedTableAcknowledged() {
    once("publishedTableAcknowledged");
    published = true;
    return this;
  }

  /** Drops the default or trigger of new rows once NOT NULL holds. Default: it stays. */
  public BackfillBuilder dropCoverAtContract() {
    once("dropCoverAtContract");
    dropCover = true;
    return this;
  }

  /**
   * What is done about a row that cannot take its value. Default: {@link BadRows#fail()}.
   *
   * <p>With {@link BadRows#quarantine} such rows are kept by key in the state tables, and each
   * start of the run tries them again before it goes on. NOT NULL is refused while one is left.
   */
  public BackfillBuilder badRows(BadRows reaction) {
    once("badRows");
    badRows = reaction;
    return this;
  }

  /**
   * What is done about the dead rows that the run leaves where updates cannot be in place. Default:
   * {@link Vacuum#off()}, autovacuum as it is set up; plan() says when that comes late.
   */
  public BackfillBuilder vacuum(Vacuum policy) {
    once("vacuum");
    vacuum = policy;
    return this;
  }

  /**
   * Watches these too; one of the same name replaces the default, or what was given before.
   * Default: {@link Throttles#defaults()}.
   *
   * @see Throttles
   */
  public BackfillBuilder throttle(Throttle... more) {
    throttling.add(more);
    return this;
  }

  /**
   * Watches nothing and never rests, for a server that nobody else uses. Contradicts {@link
   * #throttle}; caps are kept.
   */
  public BackfillBuilder unthrottled() {
    once("unthrottled");
    throttling.off();
    return this;
  }

  /**
   * Processors of the database server, which SQL does not tell: with as many sessions of others at
   * work the run rests. Default: those of this machine.
   */
  public BackfillBuilder serverCores(int count) {
    once("serverCores");
    throttling.serverCores(count);
    return this;
  }

  /** Cap on WAL bytes per second over all workers, at least 1,024. Default: none. */
  public BackfillBuilder maxWalBytesPerSecond(long bytes) {
    once("maxWalBytesPerSecond");
    throttling.maxWalBytesPerSecond(bytes);
    return this;
  }

  /** Adds a listener; may be called more than once. */
  public BackfillBuilder listener(BackfillListener listener) {
    listeners.add(listener);
    return this;
  }

  /**
   * Freezes the definition.
   *
   * @throws IllegalArgumentException when options contradict each other
   */
  public BackfillDefinition build() {
    if (value instanceof ColumnValue.Computed && newRows != NewRows.APPLICATION) {
      throw new IllegalArgumentException(
          "newRows: the database cannot call a Java function for new rows. Let the application"
              + " write the column and say so with newRows(application())");
    }
    if (dropCover && contract == Contract.NONE) {
      throw new IllegalArgumentException(
          "dropCoverAtContract: there is no contract with contract(none())");
    }
    if (batchSize instanceof BatchSize.Adaptive adaptive
        && adaptive.target().compareTo(timeouts.blockedByUs()) > 0) {
      throw new IllegalArgumentException(
          "batchSize: the time of a batch ("
              + adaptive.target().toMillis()
              + " ms) is above the time that others may wait for it, timeouts.blockedByUs ("
              + timeouts.blockedByUs().toMillis()
              + " ms)");
    }
    Options options =
        new Options(
            newRows,
            batchSize,
            workers,
            stripes,
            order,
            rowsPerSecond,
            retry,
            timeouts,
            contract,
            strategy,
            stateSchema,
            published,
            dropCover,
            badRows,
            vacuum,
            throttling.build());
    return new BackfillDefinition(
        new Specification(name, schema, table, column, type, value, where, key, options),
        listeners);
  }

  /** Builds the definition and binds it to a database. */
  public BoundBackfill on(DataSource dataSource) {
    return build().on(dataSource);
  }

  /** Builds the definition and binds it to a database with a small pool of its own. */
  public BoundBackfill on(String jdbcUrl, String user, String password) {
    return build().on(jdbcUrl, user, password);
  }

  private void once(String option) {
    if (!set.add(option)) {
      throw new IllegalStateException(option + ": is set already");
    }
  }
}
