/** The application as it was before its table got the column. */
package dev.backfill.examples.ordersbefore;
