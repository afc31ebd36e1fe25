package dev.backfill.internal.postgres;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** PostgreSQL's table lock modes, weakest first, with whom each blocks. */
public enum LockMode {
  ACCESS_SHARE("AccessShareLock", "nobody but ACCESS EXCLUSIVE"),
  ROW_SHARE("RowShareLock", "no reads or writes"),
  ROW_EXCLUSIVE("RowExclusiveLock", "no reads; writes only of the same rows"),
  SHARE_UPDATE_EXCLUSIVE("ShareUpdateExclusiveLock", "no reads or writes; VACUUM, ANALYZE and DDL"),
  SHARE("ShareLock", "all writes"),
  SHARE_ROW_EXCLUSIVE("ShareRowExclusiveLock", "all writes"),
  EXCLUSIVE("ExclusiveLock", "all writes and SELECT FOR UPDATE"),
  ACCESS_EXCLUSIVE("AccessExclusiveLock", "all reads and writes");

  // Row per mode: how many of the strongest modes it conflicts with, as the manual's table 13.2 has
  // it; SHARE alone tolerates itself, which the set below takes out again.
  private static final int[] CONFLICTS = {1, 2, 4, 5, 6, 6, 7, 8};

  private final String catalogName;
  private final String blocks;

  LockMode(String catalogName, String blocks) {
    this.catalogName = catalogName;
    this.blocks = blocks;
  }

  /** The mode's name in pg_locks. */
  public String catalogName() {
    return catalogName;
  }

  /** As written in LOCK TABLE. */
  public String sql() {
    return name().replace('_', ' ');
  }

  /** Whom the lock blocks while it is held, in words for a plan. */
  public String blocks() {
    return blocks;
  }

  /** The modes that conflict with this one. */
  @SuppressWarnings("EnumOrdinal") // CONFLICTS lists the modes in their order.
  public Set<LockMode> conflicts() {
    LockMode[] modes = values();
    Set<LockMode> conflicts = EnumSet.noneOf(LockMode.class);
    conflicts.addAll(
        Arrays.asList(modes).subList(modes.length - CONFLICTS[ordinal()], modes.length));
    if (this == SHARE) {
      conflicts.remove(SHARE);
      conflicts.add(ROW_EXCLUSIVE);
    }
    return conflicts;
  }

  /** The conflicting modes by their names in pg_locks. */
  public List<String> conflictingCatalogNames() {
    return conflicts().stream().map(LockMode::catalogName).toList();
  }
}
