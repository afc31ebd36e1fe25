package dev.backfill.examples.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LocalPostgresIT {

  @Test
  void keepsWhatWasCommittedThroughACrash() {
    Path data;
    try (LocalPostgres server = LocalPostgres.start(Map.of("fsync", "on", "work_mem", "5MB"))) {
      data = server.dataDirectory();
      server.execute("create table kept (n int)", "insert into kept values (1)");
      int port = server.port();

      server.stopImmediately();
      assertThat(server.isRunning()).isFalse();
      assertThatThrownBy(() -> server.query("select 1"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("select 1");

      server.restart();
      assertThat(server.port()).isEqualTo(port);
      assertThat(server.query("select n from kept")).isEqualTo("1");
      assertThat(server.query("show work_mem")).isEqualTo("5MB");
    }
    assertThat(Files.notExists(data)).isTrue();
  }
}
