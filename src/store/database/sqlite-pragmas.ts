/** How each connection that writes to an SQLite database is set up: a commit is on disk, and holds up nobody for long. */
export const sqlitePragmas = [
  'journal_mode = wal',
  'synchronous = full',
  'busy_timeout = 1000',
  // Pages kept in memory (KiB when negative), and how many the log may hold before they go into the database file, which
  // happens inside a commit.
  'cache_size = -32768',
  'wal_autocheckpoint = 8192',
  // What a long reader, such as a backup, has let the log grow to is given back after it: by itself SQLite keeps the file as it is.
  `journal_size_limit = ${64 * 1024 * 1024}`,
] as const;
