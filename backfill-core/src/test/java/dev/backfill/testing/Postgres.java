package dev.backfill.testing;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;

/** One shared server per JVM, one fresh database per outermost test class. */
public final class Postgres
    implements BeforeAllCallback, TestInstancePostProcessor, ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(Postgres.class);

  @Override
  public void beforeAll(ExtensionContext context) throws IllegalAccessException {
    TestDatabase database = database(context);
    inject(context.getRequiredTestClass(), null, database);
  }

  @Override
  public void postProcessTestInstance(Object instance, ExtensionContext context)
      throws IllegalAccessException {
    inject(instance.getClass(), instance, database(context));
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == TestDatabase.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return database(context);
  }

  /**
   * A nested class finds the database of the class around it; the store closes it after the last.
   */
  private static TestDatabase database(ExtensionContext context) {
    return context
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(
            TestDatabase.class,
            key -> TestDatabase.create(Server.shared(), context.getRequiredTestClass()),
            TestDatabase.class);
  }

  private static void inject(Class<?> type, Object instance, TestDatabase database)
      throws IllegalAccessException {
    for (Class<?> c = type; c != null; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        if (field.getType() == TestDatabase.class
            && Modifier.isStatic(field.getModifiers()) == (instance == null)) {
          field.setAccessible(true);
          field.set(instance, database);
        }
      }
    }
  }
}
