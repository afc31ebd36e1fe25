package dev.backfill.internal.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks side by side; the first failure interrupts the others, and all of them are waited for.
 */
final class WorkerThreads {
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final List<Thread> threads = new ArrayList<>();

  /** A worker's work. */
  @FunctionalInterface
  interface Task {
    void run() throws Exception;
  }

  static void runAll(ThreadFactory factory, List<Task> tasks) throws Exception {
    WorkerThreads workers = new WorkerThreads();
    for (Task task : tasks) {
      workers.threads.add(factory.newThread(() -> workers.guarded(task)));
    }
    workers.threads.forEach(Thread::start);
    boolean interrupted = workers.join();
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

  private void guarded(Task task) {
    try {
      task.run();
    } catch (Throwable t) {
      if (failure.compareAndSet(null, t)) {
        interruptAll();
      }
    }
  }

  private void interruptAll() {
    for (Thread thread : threads) {
      if (thread != Thread.currentThread()) {
        thread.interrupt();
      }
    }
  }

  /** Whether the caller was interrupted meanwhile; the workers then end after their batch. */
  private boolean join() {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
          interruptAll();
        }
      }
    }
    return interrupted;
  }
}
