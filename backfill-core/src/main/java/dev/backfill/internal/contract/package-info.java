/** The proof that no NULL remains and the steps of the constraint. */
@NullMarked
package dev.backfill.internal.contract;

import org.jspecify.annotations.NullMarked;
