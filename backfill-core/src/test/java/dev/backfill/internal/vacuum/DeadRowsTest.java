package dev.backfill.internal.vacuum;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeadRowsTest {
  private final DeadRows dead = new DeadRows(800);

  @Test
  void areDueAtTheirBound() {
    dead.add(799);
    assertThat(dead.due()).isFalse();
    dead.add(1);
    assertThat(dead.due()).isTrue();
  }

  @Test
  void areMarkedAnEighthOfTheBoundApart() {
    dead.add(99);
    assertThat(dead.markDue()).isFalse();
    dead.add(1);
    assertThat(dead.markDue()).isTrue();
    dead.mark(10);
    assertThat(dead.markDue()).isFalse();
  }

  @Test
  void areRemovableOnceNoSnapshotIsOlderThanTheirMark() {
    dead.add(300);
    dead.mark(10);
    dead.add(400);
    dead.mark(20);
    dead.add(200);

    assertThat(dead.removable(9)).isZero();
    assertThat(dead.removable(10)).isEqualTo(300);
    assertThat(dead.removable(19)).isEqualTo(300);
    assertThat(dead.removable(25)).as("without those that came after the mark").isEqualTo(700);
  }

  @Test
  void areRemovedFromTheOldestOn() {
    dead.add(300);
    dead.mark(10);
    dead.add(400);
    dead.mark(20);
    dead.add(200);

    dead.removed(300);

    assertThat(dead.rows()).isEqualTo(600);
    assertThat(dead.removable(10)).isZero();
    assertThat(dead.removable(20)).isEqualTo(400);
  }

  @Test
  void areNeverFewerThanNone() {
    dead.add(300);
    dead.mark(10);
    dead.removed(1_000);

    assertThat(dead.rows()).isZero();
    assertThat(dead.removable(10)).isZero();
  }
}
