package dev.backfill.crashloop;

import java.util.ArrayDeque;
import java.util.Deque;

/** Processes that are started before they are needed: a JVM takes longer than a round's run. */
final class Nodes implements AutoCloseable {
  private static final int SPARE = 2;

  private final Deque<Node> idle = new ArrayDeque<>();

  Node take() {
    while (idle.size() <= SPARE) {
      idle.addLast(new Node());
    }
    return idle.removeFirst().awaitReady();
  }

  /** Gives one back whose run has ended. */
  void give(Node node) {
    if (node.isFresh()) {
      idle.addFirst(node);
    } else {
      node.close();
    }
  }

  @Override
  public void close() {
    idle.forEach(Node::close);
  }
}
