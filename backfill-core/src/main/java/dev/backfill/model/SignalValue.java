package dev.backfill.model;

/**
 * What a signal showed when it was last read, about a second ago.
 *
 * @param signal its name, {@code replication-lag} say
 * @param source whose value it is where a signal has several, the standby's name; else empty
 * @param value in the unit
 * @param limit at which no batch starts
 * @param unit empty for a plain number
 */
public record SignalValue(String signal, String source, double value, double limit, String unit) {}
