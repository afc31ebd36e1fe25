package dev.backfill.internal.signal;

import dev.backfill.internal.time.Ticker;
import dev.backfill.throttle.Signal;
import dev.backfill.throttle.SignalContext;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A signal of the user's or of ours with its gate. One thread reads; workers ask. */
final class SignalGate {
  private final Signal signal;
  private final Gate gate;
  private final Consumer<String> notices;
  private volatile @Nullable String unreadable;

  SignalGate(Signal signal, Consumer<String> notices, Ticker ticker) {
    this.signal = signal;
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
    OptionalDouble value;
    try {
      value = signal.read(context);
    } catch (RuntimeException e) {
      // The user's code: its errors must not end the watch over everything else.
      throw new SQLException("signal " + signal.name() + " failed: " + e, e);
    }
    if (value.isPresent()) {
      unreadable = null;
      gate.read(value.getAsDouble());
    } else {
      unreadable("it has no value now");
    }
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
    gate.unreadable(signal.mustBeReadable());
  }

  Optional<Hold> shut() {
    Gate.State state = gate.state();
    String why = unreadable;
    return state.open()
        ? Optional.empty()
        : Optional.of(
            new Hold(
                signal.name(),
                state.value(),
                state.limit(),
                signal.unit(),
                why == null ? "" : why));
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
