package dev.backfill.internal.engine;

import java.lang.management.ManagementFactory;
import java.util.UUID;

/** By which a lease knows its owner: process id and host are for the operator. */
final class OwnerName {
  private OwnerName() {}

  /** A new one: the random part tells two starts in one JVM apart. */
  static String create() {
    return ManagementFactory.getRuntimeMXBean().getName() + "/" + UUID.randomUUID();
  }
}
