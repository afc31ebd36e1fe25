package dev.backfill.spring;

import java.util.List;
import java.util.Map;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.test.context.support.TestPropertySourceUtils;

/** A context that a test made runs no backfills, unless the test's own properties ask for it. */
final class QuietTests implements ContextCustomizerFactory {

  @Override
  public ContextCustomizer createContextCustomizer(
      Class<?> testClass, List<ContextConfigurationAttributes> attributes) {
    return new Manual();
  }

  /** Contexts are cached by the equality of their customizers. */
  record Manual() implements ContextCustomizer {
    @Override
    public void customizeContext(
        ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
      MutablePropertySources sources = context.getEnvironment().getPropertySources();
      MapPropertySource manual =
          new MapPropertySource("backfillTests", Map.of("backfill.startup", "manual"));
      String own = TestPropertySourceUtils.INLINED_PROPERTIES_PROPERTY_SOURCE_NAME;
      if (sources.contains(own)) {
        sources.addAfter(own, manual);
      } else {
        sources.addFirst(manual);
      }
    }
  }
}
