package dev.backfill.spring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.context.TestContextManager;

class QuietTestsTest {

  @SpringBootConfiguration(proxyBeanMethods = false)
  @ImportAutoConfiguration(BackfillAutoConfiguration.class)
  static class Application {
    @Bean
    DriverManagerDataSource dataSource() {
      return new DriverManagerDataSource("jdbc:postgresql://localhost:1/x");
    }
  }

  @SpringBootTest(
      classes = Application.class,
      webEnvironment = SpringBootTest.WebEnvironment.NONE)
  static class OfAUser {
    @Autowired BackfillProperties properties;
  }

  @SpringBootTest(
      classes = Application.class,
      webEnvironment = SpringBootTest.WebEnvironment.NONE,
      properties = "backfill.startup=blocking")
  static class Asking extends OfAUser {}

  @Test
  void aTestOfAUserRunsNoBackfillUnlessItAsks() throws Exception {
    assertThat(startup(new OfAUser())).isEqualTo(Startup.MANUAL);
    assertThat(startup(new Asking())).isEqualTo(Startup.BLOCKING);
  }

  private static Startup startup(OfAUser test) throws Exception {
    new TestContextManager(test.getClass()).prepareTestInstance(test);
    return test.properties.startup();
  }
}
