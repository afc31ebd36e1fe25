package dev.backfill.examples.ordersbefore;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The version before: it serves the same requests and has never heard of a status. */
@SpringBootApplication(excludeName = "dev.backfill.spring.BackfillAutoConfiguration")
public class OrdersBefore {

  public static void main(String[] args) {
    System.setProperty("spring.config.name", "before");
    SpringApplication.run(OrdersBefore.class, args);
  }

  @RestController
  static class Controller {
    private final JdbcClient jdbc;

    Controller(JdbcClient jdbc) {
      this.jdbc = jdbc;
    }

    @PostMapping("/orders")
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Object> place(@RequestBody Map<String, Object> order) {
      return jdbc.sql("insert into orders (customer, amount_cents) values (?, ?) returning id")
          .param(order.get("customer"))
          .param(order.get("amountCents"))
          .query()
          .singleRow();
    }

    @GetMapping("/orders/{id}")
    Map<String, Object> find(@PathVariable("id") long id) {
      return jdbc.sql("select * from orders where id = ?").param(id).query().singleRow();
    }
  }
}
