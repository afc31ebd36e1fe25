package dev.backfill.spring;

import com.zaxxer.hikari.HikariDataSource;
import dev.backfill.BackfillDefinition;
import dev.backfill.event.BackfillListener;
import dev.backfill.spring.pool.ConnectionSource;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.core.env.Environment;

/** Brings the beans and the properties together. */
final class RegistryFactory {
  private final ListableBeanFactory beans;
  private final BackfillProperties properties;

  RegistryFactory(ListableBeanFactory beans, BackfillProperties properties) {
    this.beans = beans;
    this.properties = properties;
  }

  BackfillRegistry registry(ConnectionSource connections) {
    Definitions definitions = new Definitions();
    ofBeans(definitions);
    properties
        .definitions()
        .forEach((name, p) -> definitions.add(name, property(name), of(name, p)));
    List<BackfillListener> listeners =
        beans.getBeanProvider(BackfillListener.class).orderedStream().toList();
    List<RegisteredBackfill> registered = new ArrayList<>();
    definitions
        .all()
        .forEach(
            (name, named) -> {
              BackfillDefinition definition = named.definition();
              for (BackfillListener listener : listeners) {
                definition = definition.with(listener);
              }
              registered.add(
                  new RegisteredBackfill(
                      name, named.origin(), definition, properties.enabled(), connections));
            });
    return new BackfillRegistry(registered);
  }

  private static String property(String name) {
    return "backfill.definitions." + name;
  }

  private void ofBeans(Definitions definitions) {
    IdentityHashMap<BackfillDefinition, String> names = new IdentityHashMap<>();
    beans.getBeansOfType(BackfillDefinition.class).forEach((name, bean) -> names.put(bean, name));
    beans
        .getBeanProvider(BackfillDefinition.class)
        .orderedStream()
        .forEach(
            bean -> {
              String name = String.valueOf(names.get(bean));
              definitions.add(name, "bean '" + name + "'", bean);
            });
  }

  private BackfillDefinition of(String name, DefinitionProperties definition) {
    return new PropertyDefinition(name, definition)
        .build(
            builder -> {
              builder.stateSchema(properties.stateSchema());
              beans
                  .getBeanProvider(BackfillCustomizer.class)
                  .orderedStream()
                  .forEach(customizer -> customizer.customize(name, builder));
            });
  }

  ConnectionSource connections(Environment environment) {
    String application = environment.getProperty("spring.application.name", "");
    List<Consumer<HikariDataSource>> customizers =
        beans
            .getBeanProvider(BackfillPoolCustomizer.class)
            .orderedStream()
            .<Consumer<HikariDataSource>>map(customizer -> customizer::customize)
            .toList();
    DataSource dataSource = dataSource();
    return new ConnectionSource(
        dataSource,
        PoolSize.of(beans, dataSource),
        properties.datasource() != null,
        application.isEmpty() ? "backfill" : application + " backfill",
        customizers);
  }

  private DataSource dataSource() {
    String name = properties.datasource();
    if (name != null) {
      try {
        return ((BeanFactory) beans).getBean(name, DataSource.class);
      } catch (NoSuchBeanDefinitionException e) {
        throw new InvalidBackfillException(
            "backfill.datasource is '" + name + "', and there is no DataSource bean of that name.",
            "Set it to one of " + candidates() + ".",
            e);
      }
    }
    DataSource unique = beans.getBeanProvider(DataSource.class).getIfUnique();
    if (unique == null) {
      throw new InvalidBackfillException(
          "There are several DataSource beans, and none is primary: " + candidates() + ".",
          "Set backfill.datasource to the name of the one that has the tables.");
    }
    return unique;
  }

  private List<String> candidates() {
    return List.of(beans.getBeanNamesForType(DataSource.class));
  }
}
