package dev.backfill.internal.checkpoint;

/**
 * What an owner proves itself by. The epoch tells it from those before and after it. But a standby
 * that becomes the primary may lack the last takeover: the next owner there has the same epoch, and
 * only the name tells the two apart.
 *
 * @param owner another one for each start
 */
public record Lease(String run, String owner, long epoch) {}
