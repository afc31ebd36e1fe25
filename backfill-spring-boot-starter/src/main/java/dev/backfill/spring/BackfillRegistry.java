package dev.backfill.spring;

import java.util.List;
import java.util.Optional;

/** The backfills of this application in the order in which they run. */
public final class BackfillRegistry {
  private final List<RegisteredBackfill> backfills;

  BackfillRegistry(List<RegisteredBackfill> backfills) {
    this.backfills = List.copyOf(backfills);
  }

  public List<RegisteredBackfill> all() {
    return backfills;
  }

  /** By the name of the bean or the name under {@code backfill.definitions}. */
  public Optional<RegisteredBackfill> find(String name) {
    return backfills.stream().filter(b -> b.name().equals(name)).findFirst();
  }
}
