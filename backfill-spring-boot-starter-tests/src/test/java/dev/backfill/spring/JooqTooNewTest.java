package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import org.junit.jupiter.api.Test;

class JooqTooNewTest {

  /** Lives in a class loader in which no class of jOOQ can be loaded. */
  public static final class Application {
    private Application() {}

    public static String failure() {
      String[] message = new String[1];
      Contexts.withoutDatabase()
          .withPropertyValues(Contexts.orderStatus("backfill.startup=blocking"))
          .run(
              context ->
                  message[0] =
                      context
                          .getBean(BackfillRegistry.class)
                          .all()
                          .get(0)
                          .failure()
                          .orElseThrow()
                          .getMessage());
      return message[0];
    }
  }

  @Test
  void aJooqThatThisJavaCannotLoadIsSaidInOneSentenceAndTheApplicationStarts() throws Exception {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (URLClassLoader loader = withoutJooq()) {
      Thread.currentThread().setContextClassLoader(loader);
      Class<?> application = Class.forName(Application.class.getName(), true, loader);
      assertThat(application.getMethod("failure").invoke(null))
          .asString()
          .startsWith("jOOQ cannot be used on Java")
          .contains("3.19");
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  private static URLClassLoader withoutJooq() throws MalformedURLException {
    String[] entries = System.getProperty("java.class.path").split(File.pathSeparator, -1);
    URL[] urls = new URL[entries.length];
    for (int i = 0; i < entries.length; i++) {
      urls[i] = new File(entries[i]).toURI().toURL();
    }
    return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader()) {
      @Override
      protected Class<?> findClass(String name) throws ClassNotFoundException {
        if (name.startsWith("org.jooq.")) {
          throw new UnsupportedClassVersionError(name + " has been compiled by a more recent Java");
        }
        return super.findClass(name);
      }
    };
  }
}
