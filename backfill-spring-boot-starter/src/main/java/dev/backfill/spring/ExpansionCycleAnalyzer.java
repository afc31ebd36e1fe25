package dev.backfill.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Explains why a definition that needs JPA cannot be expanded before JPA. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class ExpansionCycleAnalyzer extends AbstractFailureAnalyzer<BeanCreationException> {
  @Override
  protected @Nullable FailureAnalysis analyze(Throwable root, BeanCreationException cause) {
    boolean expansion = false;
    boolean cycle = false;
    for (Throwable t = root; t != null; t = t.getCause()) {
      String message = String.valueOf(t.getMessage());
      expansion |= message.contains(BackfillExpansion.BEAN_NAME);
      cycle |= message.contains("circular") || message.contains("Circular");
    }
    return expansion && cycle
        ? new FailureAnalysis(
            "A backfill's definition needs the EntityManagerFactory, and with"
                + " backfill.expand=before-jpa the EntityManagerFactory waits for the definition.",
            "Make the BackfillDefinition bean without JPA: let it take no repository, EntityManager"
                + " or service that has one. Or set backfill.expand=background.",
            cause)
        : null;
  }
}
