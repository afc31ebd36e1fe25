package dev.backfill.internal.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConstraintNameTest {

  @Test
  void saysTheColumn() {
    assertThat(ConstraintName.free("status", Set.of())).isEqualTo("backfill_status_not_null");
  }

  @Test
  void fitsIntoAnIdentifierInBytes() {
    String name = ConstraintName.free("ü".repeat(31), Set.of());
    assertThat(name.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(63);
    assertThat(name).isEqualTo(ConstraintName.free("ü".repeat(31), Set.of()));
  }

  @Test
  void passesOverNamesThatAreTaken() {
    String first = ConstraintName.free("c", Set.of());
    String second = ConstraintName.free("c", Set.of(first));
    String third = ConstraintName.free("c", Set.of(first, second));
    assertThat(Set.of(first, second, third)).hasSize(3);
  }
}
