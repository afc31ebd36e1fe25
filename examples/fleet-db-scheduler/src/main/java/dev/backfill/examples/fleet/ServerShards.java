package dev.backfill.examples.fleet;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The shards of one server.
 *
 * @param server by which its job is known
 * @param urls JDBC URLs by the shards' names
 */
record ServerShards(String server, Map<String, String> urls) {

  /**
   * @param arguments {@code server/shard=jdbc:postgresql://...}
   */
  static List<ServerShards> parse(List<String> arguments) {
    Map<String, Map<String, String>> servers = new LinkedHashMap<>();
    for (String argument : arguments) {
      int slash = argument.indexOf('/');
      int equals = argument.indexOf('=');
      if (slash < 1 || equals < slash + 2) {
        throw new IllegalArgumentException(
            "--shard takes server/shard=jdbc:postgresql://..., not '" + argument + "'");
      }
      servers
          .computeIfAbsent(argument.substring(0, slash), server -> new LinkedHashMap<>())
          .put(argument.substring(slash + 1, equals), argument.substring(equals + 1));
    }
    List<ServerShards> all = new ArrayList<>();
    servers.forEach((server, urls) -> all.add(new ServerShards(server, urls)));
    return all;
  }
}
