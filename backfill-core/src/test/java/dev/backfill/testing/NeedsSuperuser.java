package dev.backfill.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Leaves a test out of {@code -Dbackfill.test.role=least}; its report names the test as skipped,
 * with the reason.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsSuperuser.Condition.class)
public @interface NeedsSuperuser {
  /** What it does that the least role may not, or which roles of its own it has. */
  String value();

  /** Looks at the option. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (!LibraryRole.isLeast()) {
        return ConditionEvaluationResult.enabled("the library connects as a superuser");
      }
      return context
          .getElement()
          .map(element -> element.getAnnotation(NeedsSuperuser.class))
          .map(
              needs -> ConditionEvaluationResult.disabled("needs a superuser: it " + needs.value()))
          .orElseGet(() -> ConditionEvaluationResult.enabled("the least role will do"));
    }
  }
}
