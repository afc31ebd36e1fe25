package dev.backfill.internal.expand;

import dev.backfill.internal.postgres.TableInfo;
import dev.backfill.internal.signal.SignalProbe;
import dev.backfill.throttle.Signal;
import dev.backfill.throttle.Throttle;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Signals that can never be read are refused; what else keeps them from being read is said. */
final class SignalChecks {
  private final Connection connection;
  private final Findings findings;

  SignalChecks(Connection connection, Findings findings) {
    this.connection = connection;
    this.findings = findings;
  }

  void check(List<Throttle> throttles, TableInfo table) throws SQLException {
    List<Long> tables = table.tables().stream().map(TableInfo.Leaf::oid).toList();
    for (Throttle throttle : throttles) {
      if (throttle instanceof Signal signal) {
        Optional<SignalProbe.Finding> finding = SignalProbe.probe(connection, signal, tables);
        finding.ifPresent(f -> found(signal, f));
      }
    }
  }

  private void found(Signal signal, SignalProbe.Finding finding) {
    String text = "Signal " + signal.name() + " " + finding.text();
    if (finding.lasting()) {
      findings.problem(text + " Mend the signal, or leave it out.");
    } else {
      findings.warning(
          text
              + (signal.mustBeReadable()
                  ? ". No batch starts until it can be read."
                  : ". Until it can, the run goes on as it was."));
    }
  }
}
