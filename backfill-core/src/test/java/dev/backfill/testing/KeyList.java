package dev.backfill.testing;

import java.util.Arrays;

/** The keys of the living rows that one writer owns, to choose from by chance. */
final class KeyList {
  private long[] keys = new long[16];
  private int size;

  void add(long key) {
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, size * 2);
    }
    keys[size++] = key;
  }

  long get(int index) {
    return keys[index];
  }

  void replace(int index, long key) {
    keys[index] = key;
  }

  /** The last key takes the place; keys before the index stay where they are. */
  void remove(int index) {
    keys[index] = keys[--size];
  }

  int size() {
    return size;
  }
}
