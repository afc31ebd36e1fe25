package dev.backfill.examples.benchmark;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.configuration.support.MapJobRegistry;
import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.builder.JobBuilder;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.launch.support.TaskExecutorJobOperator;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.repository.support.JdbcJobRepositoryFactoryBean;
import org.springframework.batch.core.step.Step;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.item.ItemReader;
import org.springframework.batch.infrastructure.item.database.JdbcBatchItemWriter;
import org.springframework.batch.infrastructure.item.database.JdbcPagingItemReader;
import org.springframework.batch.infrastructure.item.database.Order;
import org.springframework.batch.infrastructure.item.database.builder.JdbcBatchItemWriterBuilder;
import org.springframework.batch.infrastructure.item.database.builder.JdbcPagingItemReaderBuilder;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.DatabasePopulatorUtils;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * A job of Spring Batch that can be restarted, its repository in the same database: keys are read
 * page by page and written as a JDBC batch, a page for each transaction. The value is computed by
 * the UPDATE where SQL can do so, since to read it first costs more. Rows are read and written one
 * by one, so it may take long, and is cut in time.
 */
final class SpringBatch implements Contender {
  private static final String SCHEMA = "org/springframework/batch/core/schema-postgresql.sql";

  private final int chunk;
  private final Function<BenchTable, Duration> limit;

  /**
   * @param chunk rows of a page and of a transaction; larger ones hold row locks longer
   */
  SpringBatch(int chunk, Function<BenchTable, Duration> limit) {
    this.chunk = chunk;
    this.limit = limit;
  }

  /** What is read of a row: its key, and behind it the input of a function in Java. */
  private record Item(List<Object> columns) {}

  @Override
  public String name() {
    return name(chunk);
  }

  static String name(int chunk) {
    return "spring-batch-" + chunk;
  }

  @Override
  public void fill(DataSource dataSource, BenchTable table) throws SQLException {
    long end = System.nanoTime() + limit.apply(table).toNanos();
    try (HikariDataSource pool = Pool.of(dataSource)) {
      DatabasePopulatorUtils.execute(
          new ResourceDatabasePopulator(new ClassPathResource(SCHEMA)), pool);
      run(pool, table, end);
    } catch (SQLException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void run(DataSource pool, BenchTable table, long end) throws Exception {
    JdbcTransactionManager transactions = new JdbcTransactionManager(pool);
    JobRepository repository = repository(pool, transactions);
    JdbcPagingItemReader<Item> reader = reader(pool, table);
    ItemReader<Item> untilTheEnd = () -> System.nanoTime() < end ? reader.read() : null;
    Step step =
        new StepBuilder("fill", repository)
            .<Item, Item>chunk(chunk).transactionManager(transactions).reader(untilTheEnd).stream(
                    reader)
                .writer(writer(pool, table))
                .build();
    Job job = new JobBuilder("backfill", repository).start(step).build();
    TaskExecutorJobOperator operator = new TaskExecutorJobOperator();
    operator.setJobRepository(repository);
    operator.setJobRegistry(new MapJobRegistry());
    operator.afterPropertiesSet();
    JobExecution execution =
        operator.start(
            job, new JobParametersBuilder().addString("table", table.name()).toJobParameters());
    if (execution.getStatus() != BatchStatus.COMPLETED) {
      IllegalStateException failure =
          new IllegalStateException("The job of Spring Batch ended as " + execution.getStatus());
      execution.getAllFailureExceptions().forEach(failure::addSuppressed);
      throw failure;
    }
  }

  private static JobRepository repository(
      DataSource pool, PlatformTransactionManager transactionManager) throws Exception {
    JdbcJobRepositoryFactoryBean factory = new JdbcJobRepositoryFactoryBean();
    factory.setDataSource(pool);
    factory.setTransactionManager(transactionManager);
    factory.afterPropertiesSet();
    return factory.getObject();
  }

  private JdbcPagingItemReader<Item> reader(DataSource pool, BenchTable table) throws Exception {
    List<String> columns = new ArrayList<>(table.rows().keyNames());
    Map<String, Order> order = new LinkedHashMap<>();
    columns.forEach(column -> order.put(column, Order.ASCENDING));
    if (isComputedHere(table)) {
      columns.add(BenchValue.INPUT);
    }
    JdbcPagingItemReader<Item> reader =
        new JdbcPagingItemReaderBuilder<Item>()
            .name("rows")
            .dataSource(pool)
            .selectClause(String.join(", ", columns))
            .fromClause(table.table())
            .whereClause(table.due())
            .sortKeys(order)
            .pageSize(chunk)
            .fetchSize(chunk)
            .rowMapper(
                (row, number) -> {
                  List<Object> values = new ArrayList<>();
                  for (int i = 1; i <= columns.size(); i++) {
                    values.add(row.getObject(i));
                  }
                  return new Item(values);
                })
            .build();
    reader.afterPropertiesSet();
    return reader;
  }

  private static JdbcBatchItemWriter<Item> writer(DataSource pool, BenchTable table) {
    boolean computedHere = isComputedHere(table);
    String key =
        table.rows().keyNames().stream().map(k -> k + " = ?").collect(Collectors.joining(" AND "));
    JdbcBatchItemWriter<Item> writer =
        new JdbcBatchItemWriterBuilder<Item>()
            .dataSource(pool)
            .sql(
                "UPDATE %s SET %s = %s WHERE %s AND %s"
                    .formatted(
                        table.table(),
                        BenchTable.COLUMN,
                        computedHere ? "?" : table.value().sql(),
                        key,
                        table.due()))
            .itemPreparedStatementSetter(
                (item, statement) -> {
                  List<Object> columns = item.columns();
                  int parameter = 0;
                  int keys = columns.size();
                  if (computedHere) {
                    keys--;
                    statement.setString(
                        ++parameter, BenchValue.computed((String) columns.get(keys)));
                  }
                  for (int i = 0; i < keys; i++) {
                    statement.setObject(++parameter, columns.get(i));
                  }
                })
            // A row that the application has filled meanwhile is its own.
            .assertUpdates(false)
            .build();
    writer.afterPropertiesSet();
    return writer;
  }

  private static boolean isComputedHere(BenchTable table) {
    return table.value().kind() == BenchValue.Kind.JAVA_FUNCTION;
  }
}
