package dev.backfill.internal.verify;

import dev.backfill.internal.checkpoint.VerificationRow.Compared;
import dev.backfill.internal.postgres.ShortReads;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.DifferentRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Compares with a constant or an SQL expression, on the server. */
final class SqlComparison implements Comparison {
  // A statement that takes too long is cancelled, and comes again with fewer.
  private static final long FIRST_BLOCKS = 64;

  private final Target target;
  private final StoredType type;

  SqlComparison(Target target, StoredType type) {
    this.target = target;
    this.type = type;
  }

  @Override
  public long firstBlocks() {
    return FIRST_BLOCKS;
  }

  @Override
  public long mostBlocks() {
    return Long.MAX_VALUE;
  }

  @Override
  public Optional<Chunk> prepare(ShortReads reads, Blocks blocks) {
    return Optional.of(new OnServer(blocks));
  }

  private final class OnServer implements Chunk {
    private final Blocks blocks;
    private final CompareSql sql;

    OnServer(Blocks blocks) {
      this.blocks = blocks;
      this.sql = new CompareSql(target, type, blocks.leaf());
    }

    @Override
    public Outcome compare(Connection tx, int keys) throws SQLException {
      Outcome outcome = compare(tx, blocks.first(), blocks.end(), keys);
      Leaves.requireSame(tx, blocks.leaf());
      return outcome;
    }

    private Outcome compare(Connection tx, String first, String end, int keys) throws SQLException {
      Compared compared = counts(tx, first, end);
      return new Outcome(
          compared,
          compared.different() == 0 || keys == 0 ? List.of() : different(tx, first, end, keys));
    }

    private Compared counts(Connection tx, String first, String end) throws SQLException {
      List<String> parameters = new ArrayList<>(sql.valueParameters());
      parameters.addAll(List.of(first, end));
      try (PreparedStatement statement = Statements.prepare(tx, sql.counts(), parameters);
          ResultSet row = statement.executeQuery()) {
        row.next();
        return new Compared(row.getLong(1), row.getLong(2), row.getLong(3));
      }
    }

    private List<DifferentRow> different(Connection tx, String first, String end, int keys)
        throws SQLException {
      List<String> parameters = new ArrayList<>(List.of(first, end));
      parameters.addAll(sql.valueParameters());
      parameters.add(Integer.toString(keys));
      List<DifferentRow> different = new ArrayList<>();
      try (PreparedStatement statement = Statements.prepare(tx, sql.different(), parameters);
          ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          different.add(
              new DifferentRow(blocks.leaf().sql(), Statements.key(rows, 1), Optional.empty()));
        }
      }
      return different;
    }

    @Override
    public Outcome compareSingly(Connection tx, int keys) throws SQLException {
      Outcomes outcomes = new Outcomes(keys);
      for (Place place : places(tx)) {
        outcomes.add(
            tx, blocks.leaf().sql(), place.key(), () -> compare(tx, place.first(), place.end(), 1));
      }
      Leaves.requireSame(tx, blocks.leaf());
      return outcomes.sum();
    }

    private List<Place> places(Connection tx) throws SQLException {
      List<Place> places = new ArrayList<>();
      try (PreparedStatement statement =
              Statements.prepare(tx, sql.places(), List.of(blocks.first(), blocks.end()));
          ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          places.add(new Place(rows.getString(1), Statements.key(rows, 2)));
        }
      }
      return places;
    }
  }

  /** Where a row stands. */
  private record Place(String first, List<String> key) {
    String end() {
      int comma = first.indexOf(',');
      int line = Integer.parseInt(first.substring(comma + 1, first.length() - 1));
      return first.substring(0, comma + 1) + (line + 1) + ")";
    }
  }
}
