package dev.backfill.internal.signal;

import dev.backfill.internal.time.Ticker;
import dev.backfill.model.SignalValue;
import dev.backfill.throttle.Reading;
import dev.backfill.throttle.Signal;
import dev.backfill.throttle.SignalContext;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A signal of the user's or of ours with its gate. One thread reads; workers ask. */
final class SignalGate {
  private final Signal signal;
  private final BoundedReader reader;
  private final Gate gate;
  private final Consumer<String> notices;
  private volatile @Nullable String unreadable;
  private volatile String detail = "";
  private volatile boolean awaited = true;
  private String caveat = "";

  SignalGate(Signal signal, Consumer<String> notices, Ticker ticker) {
    this.signal = signal;
    this.reader = new BoundedReader(signal.forRun());
    this.notices = notices;
    this.gate = new Gate(signal.name(), signal.limit(), signal.release(), ticker);
  }

  String name() {
    return signal.name();
  }

  Gate gate() {
    return gate;
  }

  void read(SignalContext context) throws SQLException {
    Reading reading = reader.read(context);
    if (reading.value().isPresent()) {
      unreadable = null;
      detail = reading.detail();
      caveat(reading.caveat());
      gate.read(reading.value().getAsDouble());
      awaited = false;
    } else if (reading.caveat().isEmpty() && !signal.mustBeReadable()) {
      gate.unreadable(false);
      awaited = false;
    } else {
      unreadable(reading.caveat().isEmpty() ? "it has no value yet" : reading.caveat());
    }
  }

  /** Said when it begins, not at every reading. */
  private void caveat(String now) {
    if (caveat.isEmpty() && !now.isEmpty()) {
      notices.accept("Signal " + signal.name() + " does not tell everything: " + now);
    }
    caveat = now;
  }

  /** Said when it begins, not at every reading. */
  void unreadable(String why) {
    if (unreadable == null) {
      notices.accept(
          "Signal "
              + signal.name()
              + " cannot be read: "
              + why
              + ". "
              + (signal.mustBeReadable()
                  ? "No batch starts until it can."
                  : "The run goes on as it was."));
    }
    unreadable = why;
    detail = "";
    gate.unreadable(signal.mustBeReadable());
    awaited = false;
  }

  /** Why no batch may start; before the first reading too, which is due at once. */
  Optional<Hold> shut() {
    Gate.State state = gate.state();
    if (state.open() && !awaited) {
      return Optional.empty();
    }
    String why = unreadable;
    String shown = awaited ? "it is not read yet" : why == null ? detail : why;
    return Optional.of(new Hold(signal.name(), state.value(), state.limit(), signal.unit(), shown));
  }

  /** What it showed; empty where it cannot be read. */
  Optional<SignalValue> value() {
    Gate.State state = gate.state();
    return awaited || unreadable != null || Double.isNaN(state.value())
        ? Optional.empty()
        : Optional.of(
            new SignalValue(signal.name(), "", state.value(), state.limit(), signal.unit()));
  }

  /** "lock-waits (limit 10 sessions)". */
  String describe() {
    String why = unreadable;
    return name()
        + " (limit "
        + Hold.amount(gate.state().limit(), signal.unit())
        + (why == null ? ")" : "; cannot be read: " + why + ")");
  }
}
