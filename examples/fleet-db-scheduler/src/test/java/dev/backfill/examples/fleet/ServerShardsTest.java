package dev.backfill.examples.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerShardsTest {

  @Test
  void groupsShardsByServer() {
    assertThat(ServerShards.parse(List.of("a/x=jdbc:1", "b/y=jdbc:2?user=u", "a/z=jdbc:3")))
        .containsExactly(
            new ServerShards("a", Map.of("x", "jdbc:1", "z", "jdbc:3")),
            new ServerShards("b", Map.of("y", "jdbc:2?user=u")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x=jdbc:1", "/x=jdbc:1", "a/=jdbc:1", "a/x"})
  void refusesOtherForms(String argument) {
    assertThatThrownBy(() -> ServerShards.parse(List.of(argument)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--shard takes")
        .hasMessageContaining(argument);
  }
}
