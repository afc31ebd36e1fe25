package dev.backfill.examples.orders;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/** Somebody who places orders and looks at old ones all the while. */
final class Customers implements AutoCloseable {
  private final ApplicationProcess application;
  private final Thread thread = new Thread(this::work, "customers");
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicLong served = new AtomicLong();
  private volatile boolean gone;

  private Customers(ApplicationProcess application) {
    this.application = application;
  }

  static Customers of(ApplicationProcess application) {
    Customers customers = new Customers(application);
    customers.thread.start();
    return customers;
  }

  private void work() {
    for (long n = 1; !gone; n++) {
      try {
        expect(201, application.placeOrder());
        expect(200, application.get("/orders/" + n));
        Thread.sleep(5);
      } catch (Exception e) {
        failures.add(e.toString());
      }
    }
  }

  private void expect(int status, HttpResponse<String> response) {
    if (response.statusCode() == status) {
      served.incrementAndGet();
    } else {
      failures.add(response.statusCode() + ": " + response.body());
    }
  }

  /** What was not answered as it should be. */
  List<String> failures() {
    return failures;
  }

  long served() {
    return served.get();
  }

  /** Returns after the last answer. */
  void leave() {
    gone = true;
    Awaitility.await("the last answer").atMost(OrdersDatabase.LONG).until(() -> !thread.isAlive());
  }

  @Override
  public void close() {
    leave();
  }
}
