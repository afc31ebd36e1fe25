package dev.backfill.internal.batch;

import java.util.List;

/**
 * A place in a heap, as a tid has it. Line pointers count from 1, so that line 0 stands between the
 * block before and the first row of this one.
 */
record Place(long block, int line) implements Comparable<Place> {

  /** The end of the block before, and of all blocks before that. */
  static Place startOf(long block) {
    return new Place(block, 0);
  }

  /** From the text form of a tid, {@code (12,7)}. */
  static Place of(List<String> position) {
    String tid = position.get(0);
    int comma = tid.indexOf(',');
    return new Place(
        Long.parseLong(tid.substring(1, comma)),
        Integer.parseInt(tid.substring(comma + 1, tid.length() - 1)));
  }

  /** As cursors and bounds of windows have it. */
  List<String> position() {
    return List.of("(" + block + "," + line + ")");
  }

  @Override
  public int compareTo(Place other) {
    int byBlock = Long.compare(block, other.block);
    return byBlock != 0 ? byBlock : Integer.compare(line, other.line);
  }
}
