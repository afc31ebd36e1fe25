/** Auto-configuration for Spring Boot. */
@NullMarked
package dev.backfill.spring;

import org.jspecify.annotations.NullMarked;
