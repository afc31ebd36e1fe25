package dev.backfill.testing;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/** What happened to all writers together. */
final class TrafficJournal {
  private static final int MOST_ERRORS = 100;

  private final long start = System.nanoTime();
  private final AtomicInteger stamps = new AtomicInteger();
  private final Map<Operation, LongAdder> done = new ConcurrentHashMap<>();
  private final AtomicReference<Stall> longest = new AtomicReference<>();
  private final List<String> errors = new CopyOnWriteArrayList<>();
  private final AtomicInteger connectionsLost = new AtomicInteger();

  int nextStamp() {
    return stamps.incrementAndGet();
  }

  void done(Operation operation, long began) {
    done.computeIfAbsent(operation, o -> new LongAdder()).increment();
    Stall stall =
        new Stall(
            operation,
            Duration.ofNanos(System.nanoTime() - began),
            Duration.ofNanos(began - start));
    longest.accumulateAndGet(
        stall, (a, b) -> a != null && a.took().compareTo(b.took()) >= 0 ? a : b);
  }

  long count(Operation operation) {
    LongAdder adder = done.get(operation);
    return adder == null ? 0 : adder.sum();
  }

  Optional<Stall> longest() {
    return Optional.ofNullable(longest.get());
  }

  void error(String error) {
    if (errors.size() < MOST_ERRORS) {
      errors.add(error);
    }
  }

  List<String> errors() {
    return List.copyOf(errors);
  }

  void connectionLost() {
    connectionsLost.incrementAndGet();
  }

  int connectionsLost() {
    return connectionsLost.get();
  }

  void awaitServer() throws InterruptedException {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }
}
