package dev.backfill.examples.benchmark;

import java.util.List;

/**
 * What an application felt of a contender.
 *
 * @param p50 in milliseconds, as the others
 * @param p99VsIdle how many times the p99 of the same application beside nobody
 * @param longest the longest latency of each round
 * @param rowsPerSecond how fast the contender was meanwhile
 */
record BusyResult(
    String arm,
    long transactions,
    Estimate p50,
    Estimate p95,
    Estimate p99,
    Estimate p99VsIdle,
    List<Double> longest,
    double rowsPerSecond) {}
