package dev.backfill.internal.contract;

import dev.backfill.internal.postgres.Catalog;
import dev.backfill.internal.postgres.Catalog.Relation;
import dev.backfill.internal.postgres.Ddl;
import dev.backfill.internal.postgres.DdlGuard;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.internal.postgres.KeyChooser;
import dev.backfill.internal.postgres.ServerInfo;
import dev.backfill.internal.postgres.ShortReads.BeforeChunk;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.Target;
import dev.backfill.internal.time.Sleeper;
import dev.backfill.internal.time.Ticker;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.Options;
import dev.backfill.model.Specification;
import dev.backfill.model.Timeouts;
import dev.backfill.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Contracts one table, and records what each statement locked and read. */
final class ContractFixture implements DdlGuard.Observer {
  static final String TABLE = "t";
  static final String COLUMN = "c";

  private final TestDatabase database;
  private final Target target;
  private final List<Step> steps = new ArrayList<>();
  private final List<NullProof.BlockRange> swept = new ArrayList<>();
  private Set<String> locks = Set.of();
  private long scans;
  private boolean stepDone;
  private boolean failFence;

  /**
   * A committed statement.
   *
   * @param locks the lock modes that its transaction held on tables of the user at its end
   * @param scans how many sequential scans its session had begun, which is new for each statement
   *     of {@link #contractInSteps}
   */
  record Step(String sql, Set<String> locks, long scans) {
    boolean isStrong() {
      return locks.contains("AccessExclusiveLock");
    }
  }

  /** Thrown between two statements, as a stop or a crash would end the work there. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private ContractFixture(TestDatabase database, Target target) {
    this.database = database;
    this.target = target;
  }

  static ContractFixture of(TestDatabase database) throws SQLException {
    return of(database, TABLE, COLUMN, Optional.empty());
  }

  static ContractFixture of(TestDatabase database, String where) throws SQLException {
    return of(database, TABLE, COLUMN, Optional.of(where));
  }

  static ContractFixture of(
      TestDatabase database, String table, String column, Optional<String> where)
      throws SQLException {
    try (Connection connection = database.unpooled().getConnection()) {
      return new ContractFixture(database, target(connection, table, column, where));
    }
  }

  private static Target target(
      Connection connection, String table, String column, Optional<String> where) {
    Specification spec =
        new Specification(
            Optional.empty(),
            Optional.empty(),
            table,
            column,
            "text",
            new ColumnValue.Constant("filled"),
            where,
            List.of(),
            Options.defaults());
    Catalog catalog = new Catalog(Jooq.on(connection));
    Relation relation = catalog.find(Optional.empty(), table).orElseThrow();
    TableInfo info = catalog.describe(relation);
    return new Target(
        spec,
        ServerInfo.read(connection),
        info,
        KeyChooser.choose(info, List.of()).key().orElseThrow(),
        info.column(column).orElseThrow().type(),
        true);
  }

  Target target() {
    return target;
  }

  /** The statements that were committed. */
  List<Step> steps() {
    return List.copyOf(steps);
  }

  List<String> statements() {
    return steps.stream().map(Step::sql).toList();
  }

  /** The ranges that had to be swept. */
  List<NullProof.BlockRange> swept() {
    return List.copyOf(swept);
  }

  void contract() throws SQLException, InterruptedException {
    contract(this::fill, () -> {});
  }

  void contract(BeforeChunk beforeStep) throws SQLException, InterruptedException {
    contract(this::fill, beforeStep);
  }

  void contract(Sweeper sweeper, BeforeChunk beforeStep) throws SQLException, InterruptedException {
    // A session of its own: the scans that others did in it would be counted too.
    try (Connection connection = database.direct().getConnection()) {
      contractor()
          .contract(
              connection,
              target,
              range -> {
                swept.add(range);
                return sweeper.sweep(range);
              },
              this::look,
              beforeStep);
    }
  }

  /** Ends the work after each statement and begins anew in another session, until all is done. */
  void contractInSteps() throws SQLException, InterruptedException {
    boolean done = false;
    while (!done) {
      stepDone = false;
      try {
        contract(
            () -> {
              if (stepDone) {
                throw new Stopped();
              }
            });
        done = true;
      } catch (Stopped e) {
        done = false;
      }
    }
  }

  private Contractor contractor() {
    Timeouts timeouts = Timeouts.defaults().withDdlDeadline(Duration.ofSeconds(60));
    return new Contractor(
        new DdlGuard(timeouts, Ticker.system(), Sleeper.system(), this), Ticker.system());
  }

  /** The next statement meets its end in the transaction's last check. */
  void failNextFence() {
    failFence = true;
  }

  void sweepNullable() throws SQLException, InterruptedException {
    try (Connection connection = database.unpooled().getConnection()) {
      new FinalSweep(Ticker.system()).someRounds(connection, target, this::fill, () -> {});
    }
  }

  /** What is still to do. */
  List<String> remaining() throws SQLException {
    try (Connection connection = database.unpooled().getConnection()) {
      return Contractor.statements(connection, target).stream().map(Ddl::sql).toList();
    }
  }

  boolean isNotNullValid() throws SQLException {
    try (Connection connection = database.unpooled().getConnection()) {
      return Contractor.isNotNullValid(connection, target);
    }
  }

  /** Fills as the batches do. */
  long fill(NullProof.BlockRange range) throws SQLException {
    String sql =
        "update %s as %s set %s = 'filled' where ctid >= cast(? as tid) and ctid < cast(? as tid) and %s is null%s"
            .formatted(
                range.leaf().sql(),
                target.alias(),
                target.column(),
                target.column(),
                target.spec().where().map(where -> " and (" + where + ")").orElse(""));
    try (Connection connection = database.unpooled().getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, "(" + range.fromBlock() + ",0)");
      statement.setString(2, "(" + range.toBlock() + ",0)");
      return statement.executeUpdate();
    }
  }

  /** Looks from within the transaction: at its end it holds every lock that it took. */
  private void look(Connection tx) throws SQLException {
    if (failFence) {
      failFence = false;
      throw new Stopped();
    }
    try (Statement statement = tx.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                select (select array_agg(distinct l.mode) from pg_locks l
                        join pg_class c on c.oid = l.relation
                        where l.pid = pg_backend_pid() and c.relkind in ('r', 'p')
                          and c.oid >= 16384),
                       (select coalesce(sum(pg_stat_get_xact_numscans(oid)), 0) from pg_class
                        where relkind = 'r' and oid >= 16384)
                """)) {
      row.next();
      locks = new TreeSet<>(List.of((String[]) row.getArray(1).getArray()));
      scans = row.getLong(2);
    }
  }

  @Override
  public void waiting(Ddl ddl, String holders) {}

  @Override
  public void done(Ddl ddl, Duration took) {
    steps.add(new Step(ddl.sql(), locks, scans));
    stepDone = true;
  }
}
