package dev.backfill.internal.postgres;

import dev.backfill.model.StorableText;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAccessor;
import java.util.HexFormat;
import java.util.UUID;

/** The text form of Java values, as PostgreSQL's input functions read it. */
public final class ValueText {
  private ValueText() {}

  /** Checks at definition time that a value has a text form. */
  public static void require(Object value) {
    of(value);
  }

  /**
   * @throws IllegalArgumentException for a type that has no one text form, or text that PostgreSQL
   *     cannot store
   */
  public static String of(Object value) {
    if (value instanceof String || value instanceof Character) {
      return StorableText.check("value", value.toString());
    }
    if (value instanceof Number || value instanceof Boolean || value instanceof UUID) {
      return value.toString();
    }
    if (value instanceof Enum<?> constant) {
      return constant.name();
    }
    if (value instanceof byte[] bytes) {
      return "\\x" + HexFormat.of().formatHex(bytes);
    }
    if (value instanceof Instant instant) {
      return OffsetDateTime.ofInstant(instant, ZoneOffset.UTC).toString();
    }
    if (value instanceof TemporalAccessor temporal) {
      return temporal.toString();
    }
    throw new IllegalArgumentException(
        "A value of type "
            + value.getClass().getName()
            + " has no text form that PostgreSQL reads. Pass a String in PostgreSQL's own form, or"
            + " a Number, Boolean, UUID, java.time value, byte[] or enum constant.");
  }
}
