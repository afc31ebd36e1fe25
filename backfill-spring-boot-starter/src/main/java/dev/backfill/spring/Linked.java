package dev.backfill.spring;

import dev.backfill.model.BackfillException;
import java.util.function.Supplier;

/** Boot 4.1 manages a jOOQ that an application on Java 17 cannot load: said in one sentence. */
final class Linked {
  private Linked() {}

  static <T> T call(Supplier<T> usesJooq) {
    try {
      return usesJooq.get();
    } catch (LinkageError e) {
      throw new BackfillException(
          "jOOQ cannot be used on Java "
              + Runtime.version().feature()
              + ": "
              + e
              + ". Nothing was changed. Set the build's property jooq.version to 3.19.39, which runs on"
              + " Java 17 and later; jOOQ 3.21, which Spring Boot 4.1 manages, needs Java 21.",
          e);
    }
  }
}
