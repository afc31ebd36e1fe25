package dev.backfill.spring;

import dev.backfill.Backfill;
import dev.backfill.BackfillBuilder;
import dev.backfill.BackfillDefinition;
import dev.backfill.ColumnStages;
import dev.backfill.model.BadRows;
import dev.backfill.model.BatchSize;
import dev.backfill.model.Vacuum;
import dev.backfill.spring.DefinitionProperties.BadRowsChoice;
import dev.backfill.throttle.Throttle;
import dev.backfill.throttle.Throttles;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Makes a definition of its properties; what the library refuses is said by the property's name.
 */
final class PropertyDefinition {
  private static final int QUARANTINE_MAX = 100;

  private final String prefix;
  private final DefinitionProperties properties;

  PropertyDefinition(String name, DefinitionProperties properties) {
    this.prefix = "backfill.definitions." + name;
    this.properties = properties;
  }

  BackfillDefinition build(Consumer<BackfillBuilder> customizers) {
    BackfillBuilder builder = required();
    set("where", properties.where(), builder::where);
    if (!properties.key().isEmpty()) {
      set("key", properties.key().toArray(String[]::new), builder::key);
    }
    set("order", properties.order(), builder::order);
    set("new-rows", properties.newRows(), builder::newRows);
    set("contract", properties.contract(), builder::contract);
    set("workers", properties.workers(), builder::workers);
    set("max-rows-per-second", properties.maxRowsPerSecond(), builder::maxRowsPerSecond);
    set("max-wal-per-second", bytes(properties.maxWalPerSecond()), builder::maxWalBytesPerSecond);
    if (properties.publishedTableAcknowledged()) {
      builder.publishedTableAcknowledged();
    }
    if (properties.dropCoverAtContract()) {
      builder.dropCoverAtContract();
    }
    vacuum(builder, properties.vacuum());
    badRows(builder, properties.badRows(), properties.quarantine());
    batch(builder, properties.batch());
    throttles(builder, properties.throttle());
    return checked(
        "",
        () -> {
          customizers.accept(builder);
          return builder.build();
        });
  }

  private BackfillBuilder required() {
    String table = require("table", properties.table());
    String column = require("column", properties.column());
    String type = require("type", properties.type());
    ColumnStages.Typed typed = checked(".table", () -> column(table, column));
    ColumnStages.Valued valued = checked(".type", () -> typed.type(type));
    String value = properties.value();
    String constant = properties.constant();
    if (value != null && constant == null) {
      return checked(".value", () -> valued.value(value));
    }
    if (constant != null && value == null) {
      return checked(".constant", () -> valued.constant(constant));
    }
    throw refused(
        "", value == null ? "has neither value nor constant" : "has both value and constant");
  }

  private ColumnStages.Typed column(String table, String column) {
    try {
      return Backfill.column(table, column);
    } catch (IllegalArgumentException e) {
      if (String.valueOf(e.getMessage()).startsWith("column")) {
        throw refused(".column", reason(e), e);
      }
      throw e;
    }
  }

  private void badRows(
      BackfillBuilder builder,
      @Nullable BadRowsChoice choice,
      DefinitionProperties.Quarantine quarantine) {
    if (choice != BadRowsChoice.QUARANTINE) {
      if (quarantine.max() != null || quarantine.withValues()) {
        throw refused(".quarantine", "is set, and bad-rows is not quarantine");
      }
      set("bad-rows", choice, c -> builder.badRows(BadRows.fail()));
      return;
    }
    int max = quarantine.max() == null ? QUARANTINE_MAX : quarantine.max();
    set(
        "quarantine.max",
        max,
        m -> {
          BadRows.Quarantine asked = BadRows.quarantine(m);
          builder.badRows(quarantine.withValues() ? asked.withValues() : asked);
        });
  }

  private void vacuum(BackfillBuilder builder, DefinitionProperties.Vacuuming vacuum) {
    if (vacuum.runAt() != null && vacuum.awaitAt() != null) {
      throw refused(".vacuum", "has both run-at and await-at");
    }
    set("vacuum.run-at", vacuum.runAt(), share -> builder.vacuum(Vacuum.run(share)));
    if (vacuum.awaitDeadline() != null && vacuum.awaitAt() == null) {
      throw refused(".vacuum", "has await-deadline and no await-at");
    }
    Double share = vacuum.awaitAt();
    Duration deadline = vacuum.awaitDeadline();
    if (share != null) {
      Vacuum.Await await = checked(".vacuum.await-at", () -> Vacuum.await(share));
      builder.vacuum(
          deadline == null
              ? await
              : checked(".vacuum.await-deadline", () -> await.withDeadline(deadline)));
    }
  }

  private void batch(BackfillBuilder builder, DefinitionProperties.Batch batch) {
    if (batch.rows() != null && batch.time() != null) {
      throw refused(".batch", "has both rows and time");
    }
    set("batch.rows", batch.rows(), rows -> builder.batchSize(BatchSize.fixed(rows)));
    set("batch.time", batch.time(), time -> builder.batchSize(BatchSize.adaptive(time)));
  }

  private void throttles(BackfillBuilder builder, DefinitionProperties.Limits limits) {
    limit(builder, "replication-lag", limits.replicationLag(), Throttles::replicationLag);
    limit(builder, "lock-waits", limits.lockWaits(), Throttles::lockWaits);
    limit(builder, "active-sessions", limits.activeSessions(), Throttles::activeSessions);
    limit(builder, "oldest-snapshot", limits.oldestSnapshot(), Throttles::oldestSnapshot);
    limit(
        builder, "slot-retained-wal", bytes(limits.slotRetainedWal()), Throttles::slotRetainedWal);
    limit(builder, "archiver-backlog", limits.archiverBacklog(), Throttles::archiverBacklog);
    limit(builder, "dead-tuples", limits.deadTuples(), Throttles::deadTuples);
    limit(builder, "wal-rate", bytes(limits.walRate()), Throttles::walRate);
  }

  /** Makes a throttle of its limit. */
  private interface ThrottleFactory<T> {
    Throttle of(T limit);
  }

  private <T> void limit(
      BackfillBuilder builder, String name, @Nullable T limit, ThrottleFactory<T> factory) {
    set("throttle." + name, limit, l -> builder.throttle(factory.of(l)));
  }

  private static @Nullable Long bytes(@Nullable DataSize size) {
    return size == null ? null : size.toBytes();
  }

  private <T> void set(String property, @Nullable T value, Consumer<T> setter) {
    if (value != null) {
      List<Boolean> unused =
          checked(
              "." + property,
              () -> {
                setter.accept(value);
                return List.of();
              });
    }
  }

  private String require(String property, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw refused("." + property, "is not set");
    }
    return value;
  }

  private <T> T checked(String property, Supplier<T> call) {
    try {
      return call.get();
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw refused(property, reason(e), e);
    }
  }

  private static String reason(Exception e) {
    return String.valueOf(e.getMessage());
  }

  private InvalidBackfillException refused(String property, String reason) {
    return new InvalidBackfillException(prefix + property + " " + reason + ".", action(property));
  }

  private InvalidBackfillException refused(String property, String reason, Exception cause) {
    return new InvalidBackfillException(
        prefix + property + " is refused: " + reason + ".", action(property), cause);
  }

  private String action(String property) {
    String named = prefix + (property.isEmpty() ? ".*" : property);
    return property.equals(".table")
        ? "Set "
            + named
            + ". If you did not mean to make this definition: an environment variable names one"
            + " without its hyphens, so choose a name without any."
        : "Correct " + named + ".";
  }
}
