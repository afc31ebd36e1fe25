package dev.backfill.internal.expand;

import java.util.List;

/**
 * SQL of the user's that the server took for one expression over the columns of a row.
 *
 * @param type oid of its type
 * @param typeName its type as format_type prints it
 * @param bareLiteral it is one string literal, which takes whatever type is wanted
 * @param subquery it may hold a subquery
 * @param inputs the columns that it reads, in the table's order
 * @param wholeRow it reads the row as a whole; then every column is an input
 */
record Expression(
    String sql,
    long type,
    String typeName,
    boolean bareLiteral,
    boolean subquery,
    List<String> inputs,
    boolean wholeRow) {
  Expression {
    inputs = List.copyOf(inputs);
  }
}
