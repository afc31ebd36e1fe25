package dev.backfill.examples.orders;

import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The table, in the middle of its migration: the column is there, and not yet full. */
@Repository
class Orders {
  // An older order may not have its status yet.
  private static final String FIND =
      """
      select id, customer, amount_cents,
             coalesce(status_code, case when shipped_at is null then 'pending' else 'shipped' end)
               as status
      from orders where id = ?
      """;

  private final JdbcClient jdbc;

  Orders(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Optional<Order> find(long id) {
    return jdbc.sql(FIND).param(id).query(Order.class).optional();
  }

  Order place(String customer, long amountCents) {
    return jdbc.sql(
            """
            insert into orders (customer, amount_cents, status_code) values (?, ?, 'pending')
            returning id, customer, amount_cents, status_code as status
            """)
        .param(customer)
        .param(amountCents)
        .query(Order.class)
        .single();
  }
}
