package dev.backfill.examples.benchmark;

/**
 * What was seen at one moment.
 *
 * @param second since the contender began
 * @param lagSeconds the age of the newest heartbeat on the standby
 * @param linkBytes how many bytes have come through the link
 * @param linkRate how many may come in a second
 * @param walBytes the primary's insert position
 * @param paused whether replay stands still
 */
record LinkSample(
    double second,
    double lagSeconds,
    long linkBytes,
    double linkRate,
    long walBytes,
    boolean paused) {}
