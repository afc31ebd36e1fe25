package dev.backfill.examples.orders;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Nothing in it speaks of backfills: the starter and application.yaml do. */
@SpringBootApplication
public class OrdersApplication {

  /** Runs on {@code spring.datasource.url}, or on a PostgreSQL that it brings along. */
  public static void main(String[] args) {
    SpringApplication application = new SpringApplication(OrdersApplication.class);
    application.addListeners(new OwnPostgres());
    application.run(args);
  }
}
