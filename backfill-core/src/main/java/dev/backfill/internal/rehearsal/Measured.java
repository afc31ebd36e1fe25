package dev.backfill.internal.rehearsal;

import java.time.Duration;

/**
 * What filling the copy showed.
 *
 * @param size of the copy before
 * @param heapAfter bytes of its heap after
 * @param filled rows that got a value
 * @param hotRows those of them whose update was in place
 * @param windowRows rows of its largest window
 * @param onceWalBytes WAL of what each run writes once, whatever the table
 * @param walBytes WAL of all that grows with the table
 * @param copyWalPerSecond bytes of WAL in a second of copying
 * @param once the time of what each run does once
 * @param filling the time from the first window to the last batch
 * @param growing the time of all that grows with the table
 * @param held whether the throttle held it back, and by what; empty for not at all
 * @param checkpointed whether a checkpoint came meanwhile
 */
public record Measured(
    ScratchTable.Size size,
    long heapAfter,
    long filled,
    long hotRows,
    long windowRows,
    long onceWalBytes,
    long walBytes,
    double copyWalPerSecond,
    Duration once,
    Duration filling,
    Duration growing,
    String held,
    boolean checkpointed) {}
