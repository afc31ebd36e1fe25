package dev.backfill.internal.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.internal.postgres.Key;
import dev.backfill.internal.postgres.ServerInfo;
import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.postgres.TableInfo.Leaf;
import dev.backfill.internal.postgres.Target;
import dev.backfill.model.ColumnValue;
import dev.backfill.model.Options;
import dev.backfill.model.Rehearsal;
import dev.backfill.model.Specification;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A tenth of the table was copied, and pages that are logged whole cost no time. */
class PredictionTest {
  private static final Leaf LEAF = new Leaf(1, "public", "orders", 'r', 1_000_000, 20_000, 100, 1);
  private static final LeafFigures FIGURES =
      new LeafFigures(LEAF, 20_000 * 8_192L, List.of(), "", "id", 1L << 60, 1e12);
  private static final Sample.Stretch MIDDLE = new Sample.Stretch(9_000, 11_000);

  private static Target target() {
    return new Target(
        new Specification(
            Optional.empty(),
            Optional.empty(),
            "orders",
            "status_code",
            "text",
            new ColumnValue.Expression("'x'"),
            Optional.empty(),
            List.of(),
            Options.defaults()),
        new ServerInfo(
            180_000,
            false,
            false,
            Duration.ofSeconds(1),
            Duration.ofMinutes(5),
            1L << 27,
            1L << 40,
            true,
            "shop",
            "backfiller"),
        new TableInfo(
            1,
            "public",
            "orders",
            'r',
            false,
            false,
            List.of(),
            List.of(),
            List.of(),
            List.of(LEAF),
            List.of(LEAF),
            List.of()),
        new Key("orders_pkey", List.of(new Key.Column("id", "bigint", Optional.empty())), false),
        "text",
        true);
  }

  private static Rehearsal predicted(Duration once, long onceWalBytes, List<Sample.Stretch> read) {
    Measured measured =
        new Measured(
            new ScratchTable.Size(100_000, 2_000 * 8_192L, 2_000 * 8_192L),
            2_000 * 8_192L,
            100_000,
            100_000,
            50_000,
            onceWalBytes,
            10_000_000,
            1e15,
            once,
            Duration.ofSeconds(8),
            Duration.ofSeconds(10),
            "",
            false);
    return new Prediction(target(), FIGURES, true, read, measured).rehearsal();
  }

  @Test
  void whatGrowsWithTheTableIsMultipliedAndWhatIsDoneOnceIsNot() {
    Rehearsal without = predicted(Duration.ZERO, 0, List.of(MIDDLE));
    Rehearsal with = predicted(Duration.ofSeconds(3), 5_000_000, List.of(MIDDLE));

    assertThat(without.duration()).isEqualTo(Duration.ofSeconds(100));
    assertThat(with.duration()).isEqualTo(Duration.ofSeconds(103));
    assertThat(without.walBytes()).isGreaterThan(100_000_000);
    assertThat(with.walBytes() - without.walBytes()).isEqualTo(5_000_000);
  }

  @Test
  void saysFromWhereItWasCopied() {
    assertThat(predicted(Duration.ZERO, 0, List.of(MIDDLE)).reasons().get(0))
        .contains("blocks 9,000 to 11,000 of \"public\".\"orders\", copied without");
    assertThat(
            predicted(Duration.ZERO, 0, List.of(MIDDLE, new Sample.Stretch(0, 2_000)))
                .reasons()
                .get(0))
        .contains("have too few rows, and blocks elsewhere, copied");
  }
}
