/** The order of the phases, the keeping of the lease and the workers. */
@NullMarked
package dev.backfill.internal.engine;

import org.jspecify.annotations.NullMarked;
