package dev.backfill.examples.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FleetNodesIT {
  private static final long ROWS = 8_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Test
  void aNodeThatIsKilledLeavesItsServerToTheOther() throws Exception {
    try (Fleet fleet = Fleet.start(ROWS)) {
      Map<String, Process> nodes =
          Map.of("node-1", fleet.node("node-1", 2_000), "node-2", fleet.node("node-2", 2_000));
      try {
        await()
            .atMost(PATIENCE)
            .until(() -> fleet.workerOf("north") != null && fleet.workerOf("south") != null);
        String killed = String.valueOf(fleet.workerOf("north"));
        assertThat(fleet.workerOf("south")).as("each has a server").isNotEqualTo(killed);
        await().atMost(PATIENCE).until(() -> fleet.begun("north/oslo"));
        nodes.get(killed).destroyForcibly().waitFor();

        await().atMost(PATIENCE).until(() -> fleet.jobsLeft() == 0);
        assertThat(fleet.rows())
            .hasSize(3)
            .allSatisfy((shard, rows) -> assertThat(rows).isEqualTo(new Fleet.Rows(ROWS, 0)));
      } finally {
        nodes.values().forEach(Process::destroyForcibly);
      }
    }
  }
}
