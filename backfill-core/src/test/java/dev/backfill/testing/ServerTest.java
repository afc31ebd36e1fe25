package dev.backfill.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ServerTest {

  @Test
  void anUnknownProviderIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> Server.start("embeded"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("'embeded'")
        .hasMessageContaining("embedded, container, or a URL");
  }

  @Test
  void aServerThatIsNotThereFailsByName() {
    // Port 1 is nobody's.
    assertThatThrownBy(() -> Server.start("jdbc:postgresql://localhost:1/postgres"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("localhost:1");
  }
}
