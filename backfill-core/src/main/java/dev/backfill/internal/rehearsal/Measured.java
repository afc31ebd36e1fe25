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
 * @param walBytes WAL of its run
 * @param copyWalPerSecond bytes of WAL in a second of copying
 * @param before what its run did before it filled
 * @param filling the time of that
 * @param after the time of what came then
 * @param held whether the throttle held it back, and by what; empty for not at all
 * @param checkpointed whether a checkpoint came meanwhile
 */
public record Measured(
    ScratchTable.Size size,
    long heapAfter,
    long filled,
    long hotRows,
    long windowRows,
    long walBytes,
    double copyWalPerSecond,
    Duration before,
    Duration filling,
    Duration after,
    String held,
    boolean checkpointed) {}
