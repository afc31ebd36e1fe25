package dev.backfill.internal.expand;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backfill.internal.postgres.ServerInfo;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerChecksTest {

  private static List<String> problems(int version, boolean inRecovery, boolean readOnly) {
    Findings findings = new Findings();
    Duration second = Duration.ofSeconds(1);
    ServerChecks.check(
        new ServerInfo(version, inRecovery, readOnly, second, second, 1, 1, true, "db", "user"),
        findings);
    return findings.problems();
  }

  @Test
  void takesEveryServerFrom14On() {
    assertThat(problems(140_000, false, false)).isEmpty();
    assertThat(problems(180_006, false, false)).isEmpty();
    assertThat(problems(130_020, false, false))
        .containsExactly("The server is PostgreSQL 13. Use version 14 or later.");
  }

  @Test
  void refusesStandbysAndReadOnlyConnections() {
    assertThat(problems(180_006, true, true)).singleElement().asString().contains("the primary");
    assertThat(problems(180_006, false, true)).singleElement().asString().contains("read-only");
  }
}
