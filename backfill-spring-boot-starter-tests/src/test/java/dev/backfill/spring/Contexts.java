package dev.backfill.spring;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.util.ClassUtils;

/** Contexts with auto-configurations by their old or new names, whichever this Boot has. */
final class Contexts {
  private static final String[] ORDER = {
    "backfill.definitions.order-status.table=orders",
    "backfill.definitions.order-status.column=status_code",
    "backfill.definitions.order-status.type=varchar(32)",
    "backfill.definitions.order-status.value=case when shipped_at is null then 'pending' else"
        + " 'shipped' end"
  };

  private Contexts() {}

  /** The status of orders, as properties and more. */
  static String[] orderStatus(String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(ORDER));
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }

  /** With the DataSource of a database that is never asked for a connection. */
  static ApplicationContextRunner withoutDatabase() {
    return runner("jdbc").withPropertyValues("spring.datasource.url=jdbc:postgresql://localhost:1/x");
  }

  static ApplicationContextRunner on(TestServer.Database database, String... technologies) {
    List<String> all = new ArrayList<>(List.of("jdbc"));
    all.addAll(Arrays.asList(technologies));
    return runner(all.toArray(String[]::new)).withPropertyValues(database.properties());
  }

  private static ApplicationContextRunner runner(String... technologies) {
    List<Class<?>> classes = new ArrayList<>(List.of(BackfillAutoConfiguration.class));
    for (String technology : technologies) {
      classes.add(autoConfiguration(technology));
    }
    return new ApplicationContextRunner()
        .withConfiguration(AutoConfigurations.of(classes.toArray(Class<?>[]::new)));
  }

  private static Class<?> autoConfiguration(String technology) {
    return switch (technology) {
      case "jdbc" -> either("jdbc.autoconfigure.", "autoconfigure.jdbc.", "DataSource");
      case "flyway" -> either("flyway.autoconfigure.", "autoconfigure.flyway.", "Flyway");
      case "liquibase" ->
          either("liquibase.autoconfigure.", "autoconfigure.liquibase.", "Liquibase");
      case "sql" ->
          either(
              "jdbc.autoconfigure.DataSourceInitialization",
              "autoconfigure.sql.init.SqlInitialization",
              "");
      case "jpa" -> either("hibernate.autoconfigure.", "autoconfigure.orm.jpa.", "HibernateJpa");
      default -> throw new IllegalArgumentException(technology);
    };
  }

  private static Class<?> either(String moved, String old, String name) {
    String simple = name + "AutoConfiguration";
    String boot = "org.springframework.boot.";
    ClassLoader loader = Contexts.class.getClassLoader();
    return ClassUtils.isPresent(boot + moved + simple, loader)
        ? ClassUtils.resolveClassName(boot + moved + simple, loader)
        : ClassUtils.resolveClassName(boot + old + simple, loader);
  }
}
