package dev.backfill.examples.benchmark;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What this process needs from a moment on. All contenders run in it, one after the other; traffic
 * and measurements beside them count too.
 */
final class ClientUsage {
  private final long cpuNanos = cpuTime();

  private ClientUsage() {}

  /** The garbage of the last contender is none of the next one's. */
  static ClientUsage start() {
    System.gc();
    heap().forEach(MemoryPoolMXBean::resetPeakUsage);
    return new ClientUsage();
  }

  /** This process's Java and the options that change how fast it is. */
  static String jvm() {
    return Stream.concat(
            Stream.of("Java " + Runtime.version().feature()),
            ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("-X")))
        .collect(Collectors.joining(" "));
  }

  double cpuSeconds() {
    return (cpuTime() - cpuNanos) / 1e9;
  }

  /** The sum of the pools' peaks: never less than the peak of the heap, garbage included. */
  long peakHeapBytes() {
    return heap().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
  }

  private static Stream<MemoryPoolMXBean> heap() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP);
  }

  private static long cpuTime() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }
}
