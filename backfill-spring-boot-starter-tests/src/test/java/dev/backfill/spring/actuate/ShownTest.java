package dev.backfill.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class ShownTest {

  @Test
  void aReasonIsShownWithItsFigures() {
    String reason = "replication-lag 7.2 s, limit 5 s: standby1";
    assertThat(Shown.waitingFor(reason)).isEqualTo(reason);
  }

  @Test
  void aStatementOfWhoHoldsALockIsNot() {
    assertThat(
            Shown.waitingFor(
                "lock held by pid 12 (psql, active), open for 3 s, query: update cards set n = 4711;"
                    + " pid 13 (psql, active), open for 1 s, query: select 4712"))
        .isEqualTo("lock held by pid 12 (psql, active), open for 3 s");
  }

  @Test
  void theErrorOfASignalIsNot() {
    assertThat(
            Shown.waitingFor(
                "mails cannot be read, limit 10 jobs: it failed: invalid input syntax: \"4711\""))
        .isEqualTo("mails cannot be read; the log says why");
  }

  @Test
  void theSqlStateIsThatOfTheFirstCauseThatHasOne() {
    Throwable failure =
        new IllegalStateException(new SQLException("a", null, new SQLException("b", "57014")));
    assertThat(Shown.sqlState(failure)).contains("57014");
    assertThat(Shown.sqlState(new IllegalStateException("c"))).isEmpty();
  }
}
