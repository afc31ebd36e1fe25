package dev.backfill.internal.rehearsal;

/**
 * An index of the leaf.
 *
 * @param oid its oid
 * @param leading its first column; empty for an expression
 * @param head of CREATE INDEX, up to the name of the index
 * @param tail of it, behind the name of the table
 * @param btree whether its pages can be filled to a wanted share
 * @param inHeapOrder whether rows that stand together have their entries together
 * @param pages size
 */
public record Index(
    long oid,
    String name,
    String leading,
    String head,
    String tail,
    boolean btree,
    boolean inHeapOrder,
    long pages) {}
