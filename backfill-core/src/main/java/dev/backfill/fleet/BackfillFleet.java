package dev.backfill.fleet;

import dev.backfill.BackfillDefinition;
import dev.backfill.model.RunFailedException;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.sql.DataSource;

/**
 * One definition on many databases, from one process. Immutable; each method gives a new fleet.
 *
 * <ol>
 *   <li>Each shard is asked on which server it is.
 *   <li>Shards on the same server are run one after the other, so that one throttle holds back for
 *       that server's standbys and applications, and not several that know nothing of each other.
 *   <li>Different servers are filled side by side, up to {@link #parallelism}.
 *   <li>A shard that fails is reported at the end, and stops no other one.
 * </ol>
 *
 * <pre>{@code
 * FleetResult result =
 *     BackfillFleet.of(definition).shard("eu", eu).shard("us", us).parallelism(2).run();
 * result.failures().forEach((shard, failure) -> ...);
 * }</pre>
 *
 * Each shard has its state in its own database: start the same fleet again, here or on another
 * node, and it goes on where each shard was, passing over those that are complete.
 */
public final class BackfillFleet {
  private static final int DEFAULT_PARALLELISM = 4;

  private final BackfillDefinition definition;
  private final Map<String, DataSource> shards;
  private final int parallelism;

  private BackfillFleet(
      BackfillDefinition definition, Map<String, DataSource> shards, int parallelism) {
    this.definition = definition;
    this.shards = shards;
    this.parallelism = parallelism;
  }

  /** A fleet without shards. */
  public static BackfillFleet of(BackfillDefinition definition) {
    return new BackfillFleet(definition, Map.of(), DEFAULT_PARALLELISM);
  }

  /**
   * Adds a shard.
   *
   * @param name by which it is reported
   * @param dataSource stays the caller's, as for a single run, and needs the same number of
   *     connections
   * @throws IllegalArgumentException when the name is blank or given twice
   */
  public BackfillFleet shard(String name, DataSource dataSource) {
    if (name.isBlank()) {
      throw new IllegalArgumentException("shard: the name is blank");
    }
    Map<String, DataSource> more = new LinkedHashMap<>(shards);
    if (more.put(name, dataSource) != null) {
      throw new IllegalArgumentException("shard: there are two named " + name);
    }
    return new BackfillFleet(definition, more, parallelism);
  }

  /**
   * How many servers are filled at the same time; 4 unless said.
   *
   * @throws IllegalArgumentException when below 1
   */
  public BackfillFleet parallelism(int servers) {
    if (servers < 1) {
      throw new IllegalArgumentException("parallelism: " + servers + " is below 1");
    }
    return new BackfillFleet(definition, shards, servers);
  }

  /**
   * Runs every shard on threads of its own, and waits for the last.
   *
   * @return what became of each shard; a shard that fails is in there, and throws nothing
   * @throws IllegalStateException when the fleet has no shard
   * @throws RunFailedException when the thread was interrupted; the shards stopped after their
   *     batches and can be resumed
   */
  public FleetResult run() {
    try (FleetRun run = start()) {
      return run.end();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailedException(
          "The thread was interrupted, and every shard stopped after its batch. Start the fleet"
              + " again to go on.",
          e);
    }
  }

  /**
   * Starts the shards on daemon threads.
   *
   * @return the handle; closing it stops them cleanly
   * @throws IllegalStateException when the fleet has no shard
   */
  public FleetRun start() {
    if (shards.isEmpty()) {
      throw new IllegalStateException(
          "The fleet has no shard: name one with shard(name, database)");
    }
    return FleetRun.start(definition, shards, parallelism);
  }
}
