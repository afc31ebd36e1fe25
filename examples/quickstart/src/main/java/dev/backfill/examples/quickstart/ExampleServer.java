package dev.backfill.examples.quickstart;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.examples.local.KeptPostgres;
import java.io.IOException;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The PostgreSQL of the example: one of the user's, or an embedded one, whose files stay in the
 * module's target folder, so that a killed run can be resumed.
 */
final class ExampleServer implements AutoCloseable {
  private static final int POOL = 8;

  private final Optional<KeptPostgres> embedded;
  private final HikariDataSource pool;

  private ExampleServer(Optional<KeptPostgres> embedded, HikariDataSource pool) {
    this.embedded = embedded;
    this.pool = pool;
  }

  static ExampleServer at(@Nullable String url) throws IOException, InterruptedException {
    HikariConfig config = new HikariConfig();
    config.setMaximumPoolSize(POOL);
    if (url != null) {
      config.setJdbcUrl(url);
      return new ExampleServer(Optional.empty(), new HikariDataSource(config));
    }
    KeptPostgres postgres = KeptPostgres.in(Target.folder());
    config.setDataSource(postgres.dataSource());
    return new ExampleServer(Optional.of(postgres), new HikariDataSource(config));
  }

  DataSource dataSource() {
    return pool;
  }

  @Override
  public void close() throws IOException {
    pool.close();
    if (embedded.isPresent()) {
      embedded.get().close();
    }
  }
}
