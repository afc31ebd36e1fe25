package dev.backfill.testing;

import dev.backfill.examples.local.LocalPostgres;
import dev.backfill.examples.local.PgBouncer;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** What stands between the library and an embedded server: nothing, or PgBouncer if asked for. */
record Pooling(LocalPostgres postgres, @Nullable PgBouncer bouncer) {

  static Pooling before(LocalPostgres postgres) {
    return new Pooling(postgres, isAsked() ? PgBouncer.before(postgres) : null);
  }

  static boolean isAsked() {
    return Boolean.getBoolean("backfill.test.pgbouncer");
  }

  static void requireEmbedded(String provider) {
    if (isAsked() && !provider.equals(Server.EMBEDDED)) {
      throw new IllegalStateException(
          "-Dbackfill.test.pgbouncer=true goes with -Dbackfill.test.postgres=embedded alone, and"
              + " that is "
              + provider);
    }
  }

  PGSimpleDataSource dataSource(String database) {
    return bouncer == null ? postgres.dataSource(database) : bouncer.dataSource(database);
  }

  void close() {
    if (bouncer != null) {
      bouncer.close();
    }
  }
}
