package dev.backfill.model;

/** Checks text that is to reach PostgreSQL as it is: bound, quoted or as SQL. */
public final class StorableText {
  private StorableText() {}

  /**
   * @return the text
   * @throws IllegalArgumentException when it holds a NUL, which PostgreSQL has no room for, or half
   *     of a surrogate pair, which no encoding has: drivers send a question mark instead
   */
  public static String check(String what, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (c == 0 || Character.isSurrogate(c)) {
        throw new IllegalArgumentException(
            "%s: the text holds U+%04X at position %d, which PostgreSQL cannot store. Take it out."
                .formatted(what, (int) c, i + 1));
      }
    }
    return text;
  }
}
