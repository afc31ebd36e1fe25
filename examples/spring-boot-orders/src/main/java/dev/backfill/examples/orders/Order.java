package dev.backfill.examples.orders;

/** An order as it is served; its status is pending or shipped. */
record Order(long id, String customer, long amountCents, String status) {}
