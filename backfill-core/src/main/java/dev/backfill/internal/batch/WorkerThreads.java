package dev.backfill.internal.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs as many tasks side by side as are wanted, which may change meanwhile; the first failure
 * interrupts the others, and all of them are waited for.
 */
final class WorkerThreads {
  private static final long LOOK_MILLIS = 250;

  private final ThreadFactory factory;
  private final IntSupplier wanted;
  private final IntFunction<Task> tasks;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean nothingLeft;

  /** A worker's work. */
  @FunctionalInterface
  interface Task {
    /** Whether no work is left for anybody; false when this worker is no longer wanted. */
    boolean run() throws Exception;
  }

  private WorkerThreads(ThreadFactory factory, IntSupplier wanted, IntFunction<Task> tasks) {
    this.factory = factory;
    this.wanted = wanted;
    this.tasks = tasks;
  }

  /**
   * Returns when no work is left.
   *
   * @param tasks makes the task of a worker from its number, from 0
   */
  static void runAll(ThreadFactory factory, IntSupplier wanted, IntFunction<Task> tasks)
      throws Exception {
    WorkerThreads workers = new WorkerThreads(factory, wanted, tasks);
    boolean interrupted = workers.supervise();
    Throwable first = workers.failure.get();
    if (interrupted) {
      InterruptedException ended = new InterruptedException("interrupted while workers ran");
      if (first != null) {
        ended.addSuppressed(first);
      }
      throw ended;
    }
    if (first instanceof Exception exception) {
      throw exception;
    }
    if (first instanceof Error error) {
      throw error;
    }
  }

  /** Whether the caller was interrupted meanwhile; the workers then end after their batch. */
  private boolean supervise() {
    boolean interrupted = false;
    do {
      if (!nothingLeft && !interrupted && failure.get() == null) {
        startWanted();
      }
      try {
        Thread alive = anyAlive();
        if (alive != null) {
          alive.join(LOOK_MILLIS);
        }
      } catch (InterruptedException e) {
        interrupted = true;
        interruptAll();
      }
    } while (anyAlive() != null || (!nothingLeft && !interrupted && failure.get() == null));
    return interrupted;
  }

  private void startWanted() {
    for (int i = 0; i < Math.max(1, wanted.getAsInt()); i++) {
      if (i == threads.size()) {
        threads.add(start(i));
      } else if (!threads.get(i).isAlive()) {
        threads.set(i, start(i));
      }
    }
  }

  private Thread start(int number) {
    Task task = tasks.apply(number);
    Thread thread = factory.newThread(() -> guarded(task));
    thread.start();
    return thread;
  }

  private @Nullable Thread anyAlive() {
    return threads.stream().filter(Thread::isAlive).findFirst().orElse(null);
  }

  private void guarded(Task task) {
    try {
      if (task.run()) {
        nothingLeft = true;
      }
    } catch (Throwable t) {
      if (failure.compareAndSet(null, t)) {
        interruptAll();
      }
    }
  }

  private void interruptAll() {
    for (Thread thread : List.copyOf(threads)) {
      if (thread != Thread.currentThread()) {
        thread.interrupt();
      }
    }
  }
}
