package dev.backfill.internal.verify;

/**
 * VACUUM FULL, CLUSTER or an ALTER TABLE has given a leaf a new file: the blocks that were counted
 * are gone, and its rows stand in others.
 */
final class RewrittenException extends RuntimeException {
  private static final long serialVersionUID = 1L;
}
