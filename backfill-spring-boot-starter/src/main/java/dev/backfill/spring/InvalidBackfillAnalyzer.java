package dev.backfill.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says which property or bean is wrong, without a stack trace. */
final class InvalidBackfillAnalyzer extends AbstractFailureAnalyzer<InvalidBackfillException> {
  @Override
  protected FailureAnalysis analyze(Throwable root, InvalidBackfillException cause) {
    return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.action(), cause);
  }
}
