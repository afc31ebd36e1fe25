package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.util.ClassUtils;

class ActuatorTest {

  private static ApplicationContextRunner contexts() {
    return Contexts.withoutDatabase()
        .withPropertyValues(Contexts.orderStatus("backfill.startup=manual"))
        .withConfiguration(
            AutoConfigurations.of(
                named("Boot3HealthAutoConfiguration"),
                named("Boot4HealthAutoConfiguration"),
                named("BackfillsEndpointAutoConfiguration")));
  }

  // By its name: javac has no classes of the other Boot, with which one of them is annotated.
  private static Class<?> named(String name) {
    return ClassUtils.resolveClassName(
        "dev.backfill.spring.actuate." + name, ActuatorTest.class.getClassLoader());
  }

  @Test
  void healthIsThereOnceAndOpensNothing() {
    contexts()
        .run(
            context -> {
              assertThat(context).hasNotFailed().hasBean("backfillHealthIndicator");
              assertThat(context.getBean(HikariDataSource.class).isRunning()).isFalse();
            });
  }

  @Test
  void theEndpointIsThereWhereItIsExposedAndOpensNothing() {
    contexts().run(context -> assertThat(context).doesNotHaveBean("backfillsEndpoint"));
    contexts()
        .withPropertyValues("management.endpoints.web.exposure.include=backfills")
        .run(
            context -> {
              assertThat(context).hasNotFailed().hasBean("backfillsEndpoint");
              assertThat(context.getBean(HikariDataSource.class).isRunning()).isFalse();
            });
  }

  @Test
  void healthIsSwitchedOffAsAnyOther() {
    contexts()
        .withPropertyValues("management.health.backfill.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean("backfillHealthIndicator"));
  }

  /** Lives in a class loader without Actuator. */
  public static final class Bare {
    private Bare() {}

    public static void check() {
      contexts()
          .run(
              context ->
                  assertThat(context)
                      .hasNotFailed()
                      .hasSingleBean(BackfillRegistry.class)
                      .doesNotHaveBean("backfillHealthIndicator")
                      .doesNotHaveBean("backfillsEndpoint"));
    }
  }

  @Test
  void withoutActuatorTheRestIsThere() throws Exception {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (URLClassLoader loader = withoutActuator()) {
      Thread.currentThread().setContextClassLoader(loader);
      Class.forName(Bare.class.getName(), true, loader).getMethod("check").invoke(null);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  private static URLClassLoader withoutActuator() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      File file = new File(entry);
      if (!file.getName().matches("spring-boot-(actuator|health|starter-actuator).*\\.jar")) {
        urls.add(file.toURI().toURL());
      }
    }
    return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }
}
