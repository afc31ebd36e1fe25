package dev.backfill.examples.orders;

import dev.backfill.examples.local.KeptPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Starts a PostgreSQL when the application is given none. Its files stay in the module's target
 * folder, so that the next start goes on where this one was killed.
 */
final class OwnPostgres implements ApplicationListener<ApplicationEnvironmentPreparedEvent> {
  private static final String URL = "spring.datasource.url";

  @Override
  public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
    ConfigurableEnvironment environment = event.getEnvironment();
    if (!environment.containsProperty(URL)) {
      String url = start().url();
      environment
          .getPropertySources()
          .addFirst(new MapPropertySource("own PostgreSQL", Map.of(URL, url)));
    }
  }

  // The embedded server ends with the JVM, not with this method.
  @SuppressWarnings("resource")
  private static KeptPostgres start() {
    try {
      return KeptPostgres.in(target());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while PostgreSQL started", e);
    }
  }

  private static Path target() {
    try {
      return Path.of(OwnPostgres.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .resolveSibling("");
    } catch (URISyntaxException e) {
      throw new IllegalStateException("The program does not know where it is", e);
    }
  }
}
