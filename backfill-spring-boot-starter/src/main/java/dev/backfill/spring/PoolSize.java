package dev.backfill.spring;

import java.util.OptionalInt;
import javax.sql.DataSource;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadata;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.util.ClassUtils;

/** How many connections a pool has at most, as far as Boot knows its kind. */
final class PoolSize {
  private static final String PROVIDER =
      "org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider";

  private PoolSize() {}

  static OptionalInt of(ListableBeanFactory beans, DataSource dataSource) {
    // Boot 4 has it in a module that an application may be without.
    return ClassUtils.isPresent(PROVIDER, PoolSize.class.getClassLoader())
        ? Asked.of(beans, dataSource)
        : OptionalInt.empty();
  }

  /** Loaded only where its types are there. */
  private static final class Asked {
    static OptionalInt of(ListableBeanFactory beans, DataSource dataSource) {
      return beans
          .getBeanProvider(DataSourcePoolMetadataProvider.class)
          .orderedStream()
          .map(provider -> provider.getDataSourcePoolMetadata(dataSource))
          .filter(metadata -> metadata != null && metadata.getMax() != null)
          .mapToInt(DataSourcePoolMetadata::getMax)
          .filter(most -> most > 0)
          .findFirst();
    }
  }
}
