package dev.backfill;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.List;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** Tells every SQL text that goes through it, of statements that are prepared or executed. */
final class RecordingDataSource {
  private static final List<Class<?>> WATCHED =
      List.of(
          DataSource.class,
          Connection.class,
          CallableStatement.class,
          PreparedStatement.class,
          Statement.class);

  private RecordingDataSource() {}

  static DataSource of(DataSource target, Consumer<String> sql) {
    return (DataSource) watched(DataSource.class, target, sql);
  }

  private static Object watched(Class<?> type, Object target, Consumer<String> sql) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          record(method, arguments, sql);
          Object result = invoke(target, method, arguments);
          return result != null && WATCHED.contains(method.getReturnType())
              ? watched(method.getReturnType(), result, sql)
              : result;
        };
    return Proxy.newProxyInstance(
        RecordingDataSource.class.getClassLoader(), new Class<?>[] {type}, handler);
  }

  private static void record(Method method, Object[] arguments, Consumer<String> sql) {
    boolean sends =
        method.getName().startsWith("prepare")
            || method.getName().startsWith("execute")
            || method.getName().equals("addBatch");
    if (sends && arguments != null && arguments.length > 0 && arguments[0] instanceof String text) {
      sql.accept(text);
    }
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
