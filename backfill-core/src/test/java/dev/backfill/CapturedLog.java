package dev.backfill;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/** All that any library logs at DEBUG or above while it is open, stack traces included. */
final class CapturedLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final Logger pool = (Logger) LoggerFactory.getLogger("com.zaxxer.hikari.pool");
  private final Level rootBefore = root.getLevel();
  private final Level poolBefore = pool.getLevel();
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();

  static CapturedLog open() {
    CapturedLog log = new CapturedLog();
    log.start();
    log.root.setLevel(Level.DEBUG);
    log.pool.setLevel(Level.DEBUG);
    log.root.addAppender(log);
    return log;
  }

  @Override
  protected void append(ILoggingEvent event) {
    IThrowableProxy thrown = event.getThrowableProxy();
    lines.add(
        event.getLoggerName()
            + " "
            + event.getFormattedMessage()
            + (thrown == null ? "" : " " + ThrowableProxyUtil.asString(thrown)));
  }

  List<String> lines() {
    return List.copyOf(lines);
  }

  @Override
  public void close() {
    root.detachAppender(this);
    root.setLevel(rootBefore);
    pool.setLevel(poolBefore);
    stop();
  }
}
