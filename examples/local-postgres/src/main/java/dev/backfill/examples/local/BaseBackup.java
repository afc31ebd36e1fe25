package dev.backfill.examples.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A copy of a running primary's files, as pg_basebackup makes it, with the WAL that was written
 * meanwhile. Until it is closed the primary keeps all WAL from there on, so that whoever starts on
 * the copy finds what follows it. Tablespaces are not known.
 */
final class BaseBackup implements AutoCloseable {
  /** Of one start of the server, or, as slots are, of one server. */
  private static final Set<String> LEFT_EMPTY =
      Set.of("pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots");

  private static final Set<String> LEFT_OUT =
      Set.of("postmaster.pid", "postmaster.opts", "epg-lock", "postgresql.auto.conf");

  private final Connection session;
  private final Path directory;
  private final String end;

  private BaseBackup(Connection session, Path directory, String end) {
    this.session = session;
    this.directory = directory;
    this.end = end;
  }

  static BaseBackup of(LocalPostgres primary) {
    Path copy = LocalPostgres.newDirectory();
    try {
      Connection session = primary.dataSource("postgres").getConnection();
      try (Statement statement = session.createStatement()) {
        // A temporary slot ends with the session.
        statement.execute(
            "select pg_create_physical_replication_slot("
                + "'base_backup_' || pg_backend_pid(), true, true)");
        boolean old = session.getMetaData().getDatabaseMajorVersion() < 15;
        String firstWal =
            row(
                statement,
                "select pg_walfile_name("
                    + (old ? "pg_start_backup('b', true, false)" : "pg_backup_start('b', true)")
                    + ")")[0];
        copyFiles(primary.dataDirectory(), copy);
        String[] stopped =
            row(
                statement,
                "select labelfile, pg_walfile_name(lsn), lsn from "
                    + (old ? "pg_stop_backup(false, false)" : "pg_backup_stop(false)"));
        Files.writeString(copy.resolve("backup_label"), stopped[0]);
        copyWal(primary.dataDirectory(), copy, firstWal, stopped[1]);
        return new BaseBackup(session, copy, stopped[2]);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The base backup failed: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String[] row(Statement statement, String sql) throws SQLException {
    try (ResultSet result = statement.executeQuery(sql)) {
      result.next();
      String[] row = new String[result.getMetaData().getColumnCount()];
      for (int i = 0; i < row.length; i++) {
        row[i] = result.getString(i + 1);
      }
      return row;
    }
  }

  private static void copyFiles(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<Path>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Path relative = from.relativize(directory);
            Files.createDirectories(to.resolve(relative));
            return LEFT_EMPTY.contains(relative.toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Path relative = from.relativize(file);
            if (attributes.isRegularFile() && !isLeftOut(relative.toString())) {
              try {
                Files.copy(file, to.resolve(relative));
              } catch (NoSuchFileException dropped) {
                return FileVisitResult.CONTINUE; // The WAL of the backup says so too.
              }
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
  }

  private static boolean isLeftOut(String name) {
    return LEFT_OUT.contains(name) || name.startsWith(".s.PGSQL.");
  }

  private static void copyWal(Path from, Path to, String first, String last) throws IOException {
    try (Stream<Path> files = Files.list(from.resolve("pg_wal"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".history")
            || (name.compareTo(first) >= 0 && name.compareTo(last) <= 0)) {
          Files.copy(file, to.resolve("pg_wal").resolve(name));
        }
      }
    }
  }

  Path directory() {
    return directory;
  }

  /** The WAL position from which on a server that starts on the copy is consistent. */
  String end() {
    return end;
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
