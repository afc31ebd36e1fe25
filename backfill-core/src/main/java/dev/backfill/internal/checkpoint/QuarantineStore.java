package dev.backfill.internal.checkpoint;

import dev.backfill.internal.postgres.Identifiers;
import dev.backfill.internal.postgres.Jooq;
import dev.backfill.model.QuarantinedRow;
import java.sql.Connection;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jooq.Record;

/**
 * Reads and writes the {@code quarantine} table. No write is fenced by itself: each stands in the
 * transaction of a checkpoint that is.
 */
public final class QuarantineStore {
  // The key's text may be longer than an index entry.
  private static final String HASH = "sha256(convert_to(cast(cast(? as text[]) as text), 'UTF8'))";

  private final StateTables tables;

  public QuarantineStore(String schema) {
    this.tables = StateTables.in(schema);
  }

  /**
   * A row in quarantine.
   *
   * @param leaf oid of the table that held it
   * @param key in text form
   * @param hash what stands for the key in the table's own key, in hexadecimal
   */
  public record Entry(long leaf, List<String> key, String hash) {}

  /** What is the matter with a row. */
  public record Failure(String sqlState, String message) {}

  /** Adds a row, or counts one more attempt of one that is there. */
  public void put(
      Connection tx, String run, long leaf, String leafName, List<String> key, Failure failure) {
    String[] texts = key.toArray(new String[0]);
    Jooq.on(tx)
        .execute(
            "insert into "
                + tables.quarantine()
                + " as q (run, leaf, leaf_name, key, key_hash, sqlstate, message)"
                + " values (?, cast(? as bigint)::oid, ?, cast(? as text[]), "
                + HASH
                + ", ?, ?) on conflict (run, leaf, key_hash) do update set attempts = q.attempts + 1,"
                + " sqlstate = excluded.sqlstate, message = excluded.message",
            run,
            leaf,
            leafName,
            texts,
            texts,
            failure.sqlState(),
            failure.message());
  }

  /** Notes that a row could not be filled again. */
  public void failedAgain(Connection tx, String run, Entry entry, Failure failure) {
    Jooq.on(tx)
        .execute(
            "update "
                + tables.quarantine()
                + " set attempts = attempts + 1, sqlstate = ?, message = ?"
                + " where run = ? and leaf = cast(? as bigint)::oid and key_hash = decode(?, 'hex')",
            failure.sqlState(),
            failure.message(),
            run,
            entry.leaf(),
            entry.hash());
  }

  public void remove(Connection tx, String run, Entry entry) {
    Jooq.on(tx)
        .execute(
            "delete from "
                + tables.quarantine()
                + " where run = ? and leaf = cast(? as bigint)::oid and key_hash = decode(?, 'hex')",
            run,
            entry.leaf(),
            entry.hash());
  }

  /** The next entries in the order of the table's key, behind one or from the first. */
  public List<Entry> next(Connection connection, String run, Optional<Entry> after, int most) {
    return Jooq.on(connection)
        .fetch(
            "select leaf::bigint as leaf, key, encode(key_hash, 'hex') as hash from "
                + tables.quarantine()
                + " where run = ? and (leaf, key_hash) > (cast(? as bigint)::oid, decode(?, 'hex'))"
                + " order by leaf, key_hash limit ?",
            run,
            after.map(Entry::leaf).orElse(0L),
            after.map(Entry::hash).orElse(""),
            most)
        .map(r -> new Entry(r.get("leaf", Long.class), key(r), r.get("hash", String.class)));
  }

  /** How many rows of a run are in quarantine. */
  public long count(Connection connection, String run) {
    return bySqlState(connection, run).values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many there are of each SQLSTATE. */
  public Map<String, Long> bySqlState(Connection connection, String run) {
    Map<String, Long> counts = new LinkedHashMap<>();
    if (exists(connection)) {
      Jooq.on(connection)
          .fetch(
              "select sqlstate, count(*) from "
                  + tables.quarantine()
                  + " where run = ? group by sqlstate order by count(*) desc, sqlstate",
              run)
          .forEach(r -> counts.put(r.get(0, String.class), r.get(1, Long.class)));
    }
    return counts;
  }

  /** The first rows in quarantine, the earliest first. */
  public List<QuarantinedRow> rows(Connection connection, String run, int most) {
    if (!exists(connection)) {
      return List.of();
    }
    return Jooq.on(connection)
        .fetch(
            "select leaf_name, key, sqlstate, message, attempts,"
                + " extract(epoch from found_at)::float8 as found_at from "
                + tables.quarantine()
                + " where run = ? order by found_at, leaf, key_hash limit ?",
            run,
            most)
        .map(
            r ->
                new QuarantinedRow(
                    r.get("leaf_name", String.class),
                    key(r),
                    r.get("sqlstate", String.class),
                    r.get("message", String.class),
                    r.get("attempts", Integer.class),
                    Instant.ofEpochMilli((long) (r.get("found_at", Double.class) * 1000))));
  }

  private static List<String> key(Record r) {
    return Arrays.asList(r.get("key", String[].class));
  }

  /** State of version 1 is read before it is upgraded. */
  private boolean exists(Connection connection) {
    return Jooq.on(connection)
        .fetchSingle("select to_regclass(?) is not null", tables.quarantine())
        .get(0, Boolean.class);
  }

  /**
   * The entries of a leaf as the FROM and WHERE of a query, for statements in which everything else
   * is bound: their alias is {@code q}.
   */
  public String entriesOf(String run, long leaf) {
    return "from %s as q where q.run = %s and q.leaf = %d::oid"
        .formatted(tables.quarantine(), Identifiers.literal(run), leaf);
  }

  /** The same for some of them, which follow each other in the order of the table's key. */
  public String entriesOf(String run, List<Entry> entries) {
    return entriesOf(run, entries.get(0).leaf())
        + " and q.key_hash between decode('%s', 'hex') and decode('%s', 'hex')"
            .formatted(entries.get(0).hash(), entries.get(entries.size() - 1).hash());
  }

  /** The statement with which an operator sees them. */
  public String select(String run) {
    return "SELECT * FROM " + tables.quarantine() + " WHERE run = " + Identifiers.literal(run);
  }
}
