package dev.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.event.BackfillEvent;
import dev.backfill.model.BackfillResult;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Contract;
import dev.backfill.model.RunState;
import dev.backfill.testing.PostgresTest;
import dev.backfill.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The SQL of docs/operations.md, as it stands there, does what the page says. */
@PostgresTest
class OperationsDocIT {
  private static final Path PAGE = Path.of("..", "docs", "operations.md");
  private static final Pattern SECTION =
      Pattern.compile("^## ([^\\n]+)$|^```sql\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final int ROWS = 5_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  TestDatabase database;

  private final CountDownLatch firstBatch = new CountDownLatch(1);
  private final CountDownLatch paused = new CountDownLatch(1);
  private final CountDownLatch resumed = new CountDownLatch(1);

  @BeforeEach
  void orders() {
    database.execute(
        "drop schema if exists backfill cascade", "drop table if exists orders cascade");
    database.ordersTable(ROWS);
  }

  private static Map<String, List<String>> sqlBySection() throws IOException {
    Map<String, List<String>> sections = new LinkedHashMap<>();
    List<String> current = new ArrayList<>();
    Matcher found = SECTION.matcher(Files.readString(PAGE));
    while (found.find()) {
      if (found.group(1) != null) {
        current = new ArrayList<>();
        sections.put(found.group(1), current);
      } else {
        current.add(found.group(2).strip().replaceAll(";$", ""));
      }
    }
    return sections;
  }

  private static String sql(String section, int number) throws IOException {
    return sqlBySection().get(section).get(number);
  }

  private void ask(String section, int number) throws IOException {
    assertThat(database.update(sql(section, number))).as(section).isEqualTo(1);
  }

  private BackfillBuilder statusCode() {
    return Backfill.column("orders", "status_code")
        .type("text")
        .value("case when shipped_at is null then 'pending' else 'shipped' end")
        .batchSize(BatchSize.fixed(100))
        .listener(this::heard);
  }

  private void heard(BackfillEvent event) {
    if (event instanceof BackfillEvent.BatchCommitted) {
      firstBatch.countDown();
    } else if (event instanceof BackfillEvent.RunPaused) {
      paused.countDown();
    } else if (event instanceof BackfillEvent.RunResumed) {
      resumed.countDown();
    }
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private BackfillResult end(BackfillRun run) throws InterruptedException {
    return run.await(PATIENCE).orElseThrow();
  }

  private BackfillRun startedSlowly(int rowsPerSecond) throws InterruptedException {
    BackfillRun run =
        statusCode().maxRowsPerSecond(rowsPerSecond).on(database.dataSource()).start();
    await(firstBatch);
    return run;
  }

  @Test
  @DisplayName("pause, resume, a limit, what is shown, and drop the cover")
  void ofARunAtWork() throws Exception {
    try (BackfillRun run = startedSlowly(200)) {
      ask("Pause", 0);
      await(paused);
      assertThat(database.queryStrings(sql("See how they are", 0)))
          .containsExactly("public.orders.status_code");
      ask("Resume", 0);
      await(resumed);
      // Of 200 rows a second it would not be done by then.
      ask("Change a limit", 0);
      assertThat(end(run).state()).isEqualTo(RunState.DONE);
    }
    assertThat(database.queryStrings(sql("See what happened", 0))).hasSizeGreaterThan(3);

    List<String> drops = database.queryStrings(sql("Drop the cover", 0));
    assertThat(drops).hasSize(3);
    drops.forEach(database::execute);
    assertThat(
            database.queryLong("select count(*) from pg_trigger where tgname like '~~backfill%'"))
        .isZero();
    assertThat(database.queryStrings(sql("Drop the cover", 0))).isEmpty();
  }

  @Test
  @DisplayName("drop the default that a run has set")
  void dropTheDefault() throws Exception {
    Backfill.column("orders", "status_code")
        .type("text")
        .value("'pending'")
        .on(database.dataSource())
        .run();
    List<String> drops = database.queryStrings(sql("Drop the cover", 0));
    assertThat(drops).containsExactly("alter table orders alter column status_code drop default");
    drops.forEach(database::execute);
    assertThat(database.queryStrings(sql("Drop the cover", 0))).isEmpty();
  }

  @Test
  void stop() throws Exception {
    try (BackfillRun run = startedSlowly(200)) {
      ask("Stop", 0);
      assertThat(end(run).state()).isEqualTo(RunState.STOPPED);
    }
  }

  @Test
  void approveTheContract() throws Exception {
    BackfillBuilder manual = statusCode().contract(Contract.manual());
    assertThat(manual.on(database.dataSource()).run().state())
        .isEqualTo(RunState.AWAITING_APPROVAL);
    ask("Approve the contract", 0);
    assertThat(manual.on(database.dataSource()).run().notNull()).isTrue();
  }

  @Test
  void abandon() throws Exception {
    try (BackfillRun run = startedSlowly(200)) {
      ask("Abandon", 0);
      assertThat(end(run).state()).isEqualTo(RunState.ABANDONED);
    }
    assertThat(columns()).isZero();
  }

  @Test
  void abandonAndKeepTheColumn() throws Exception {
    try (BackfillRun run = startedSlowly(200)) {
      ask("Abandon", 1);
      assertThat(end(run).state()).isEqualTo(RunState.ABANDONED);
    }
    assertThat(columns()).isOne();
  }

  private long columns() {
    return database.queryLong(
        "select count(*) from pg_attribute where attrelid = 'orders'::regclass"
            + " and attname = 'status_code' and not attisdropped");
  }
}
