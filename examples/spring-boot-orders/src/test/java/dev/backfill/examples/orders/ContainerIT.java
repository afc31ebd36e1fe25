package dev.backfill.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.spring.BackfillRegistry;
import dev.backfill.spring.RegisteredBackfill;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/** On a PostgreSQL in a container, where there is an engine for one. */
@Testcontainers(disabledWithoutDocker = true)
@SpringBootTest(properties = {"backfill.startup=blocking", "orders.rows=2000"})
class ContainerIT {

  @Container @ServiceConnection
  static final PostgreSQLContainer POSTGRES =
      new PostgreSQLContainer(
          DockerImageName.parse(System.getProperty("backfill.test.image", "postgres:18"))
              .asCompatibleSubstituteFor("postgres"));

  @Autowired BackfillRegistry backfills;
  @Autowired JdbcClient jdbc;

  @Test
  void theBackfillRunsBeforeTheApplicationIsReady() {
    assertThat(backfills.all())
        .extracting(RegisteredBackfill::state)
        .containsExactly(RegisteredBackfill.State.DONE);
    assertThat(
            jdbc.sql("select count(*) from orders where status_code = 'pending'")
                .query(Long.class)
                .single())
        .isEqualTo(400);
  }
}
