package dev.backfill;

import dev.backfill.model.Contract;
import dev.backfill.model.LeaseLostException;
import dev.backfill.model.Timeouts;
import java.time.Duration;
import org.postgresql.ds.PGSimpleDataSource;

/** Run in a JVM of its own by {@link VerifyOwnersIT}: verifies a table and says what came of it. */
public final class VerifyingApplication {
  private VerifyingApplication() {}

  public static void main(String[] args) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(args[0]);
    try {
      System.out.println("verified: " + definition().on(dataSource).verify().run());
    } catch (LeaseLostException e) {
      System.out.println("lost: " + e.getMessage());
    }
  }

  /** With a lease that ends soon. */
  static BackfillDefinition definition() {
    return definition(Duration.ofSeconds(1));
  }

  static BackfillDefinition definition(Duration lease) {
    return Backfill.column("t", "c")
        .type("text")
        .value("label(id)")
        .contract(Contract.none())
        .timeouts(Timeouts.defaults().withLease(lease))
        .build();
  }
}
