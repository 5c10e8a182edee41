/**
 * Every error code of the program, with what to do about it. Codes are never
 * reused for another meaning: people search for them.
 *
 * `exit` is the process's exit code when the error ends a command (1 failed,
 * 2 wrong usage); `retryable` says that waiting and trying again can help.
 */
export const catalogue = {
  USAGE: { exit: 2, retryable: false, remedy: 'see `carbonation --help`' },
  CONFIG_NOT_FOUND: { exit: 1, retryable: false, remedy: 'run `carbonation init`, or name the file with `-c PATH`' },
  CONFIG_UNREADABLE: {
    exit: 1,
    retryable: false,
    remedy: 'it must be a file of UTF-8 text that the user who runs carbonation may read',
  },
  CONFIG_INVALID: { exit: 1, retryable: false, remedy: 'correct the file and run `carbonation check config`' },
  SECRETS_UNREADABLE: { exit: 1, retryable: false, remedy: 'check the file named in the message' },
  PLUGIN_NOT_FOUND: {
    exit: 1,
    retryable: false,
    remedy: 'set `[plugins] package` in config.toml to a package name or a path',
  },
  PLUGIN_INVALID: {
    exit: 1,
    retryable: false,
    remedy: 'correct the plugin; docs/plugin-development.md has the contract',
  },
  TEMPLATE_INVALID: { exit: 1, retryable: false, remedy: 'correct `destination` in config.toml' },
  TEMPLATE_VALUE: {
    exit: 1,
    retryable: false,
    remedy: 'correct the metadata or the archive’s `destination`, then run `carbonation retry`',
  },
  PATH_ESCAPES: {
    exit: 1,
    retryable: false,
    remedy: 'a value of the metadata must not lead out of the archive; correct it, then run `carbonation retry`',
  },
  PLUGIN_FUNCTION_FAILED: { exit: 1, retryable: false, remedy: 'see the log; correct the plugin function' },
  EXTRACT_FAILED: {
    exit: 1,
    retryable: true,
    remedy: 'see the log; correct the extractor or the delivery, then run `carbonation retry`',
  },
  EXTRACT_TIMEOUT: { exit: 1, retryable: true, remedy: "make the plugin's function faster or raise `extract_timeout`" },
  EXTRACT_CRASHED: {
    exit: 1,
    retryable: true,
    remedy: 'the function ended its thread, or the whole process; correct it',
  },
  EXTRACT_INVALID: {
    exit: 1,
    retryable: true,
    remedy: 'return only columns of the plugin’s model, with values that fit them',
  },
  NO_ARCHIVE: {
    exit: 1,
    retryable: false,
    remedy: 'set `archive` on the rule set or on the watch, or add a routing rule',
  },
  PATTERN_TIMEOUT: {
    exit: 1,
    retryable: false,
    remedy:
      'correct the pattern in rules.toml: a repeated part must match a text in one way only, unlike `(a+)+`; then run `carbonation retry`',
  },
  INSPECT_FAILED: { exit: 1, retryable: true, remedy: 'check the file, its directory and its disk' },
  TRANSFER_FAILED: { exit: 1, retryable: true, remedy: 'check the archive’s disk and permissions' },
  TRANSFER_MISMATCH: {
    exit: 1,
    retryable: true,
    remedy: 'the copy differed from its source and was deleted; check the disk',
  },
  ARCHIVE_AWAY: {
    exit: 1,
    retryable: true,
    remedy: 'mount the archive’s disk',
  },
  LINK_CROSS_DEVICE: {
    exit: 1,
    retryable: false,
    remedy: 'use action = "copy" or "move" for an archive on another file system',
  },
  LINK_REFUSED: {
    exit: 1,
    retryable: true,
    remedy:
      'use action = "copy" or "move"; where the kernel protects hard links (fs.protected_hardlinks), let the user of the service own or write the files',
  },
  CONFLICT: { exit: 1, retryable: false, remedy: 'set `on_conflict = "keep_both"`, or move the existing file away' },
  SOURCE_CHANGED: {
    exit: 1,
    retryable: true,
    remedy: 'the file is still being written; the group starts again by itself',
  },
  WORKER_CRASHED: { exit: 1, retryable: true, remedy: 'see the log' },
  POOL_CLOSED: { exit: 1, retryable: true, remedy: 'the service is stopping; the work goes on at the next start' },
  DATABASE_MISSING: { exit: 1, retryable: false, remedy: 'run `carbonation db init`' },
  DATABASE_UNREACHABLE: {
    exit: 1,
    retryable: true,
    remedy: 'start the database server and check `[database]` in config.toml',
  },
  DATABASE_DENIED: { exit: 1, retryable: false, remedy: 'check `username` and the password for `[database]`' },
  RECORD_REFUSED: {
    exit: 1,
    retryable: true,
    remedy:
      'raise `max_allowed_packet` of MariaDB, or see why in the log of the database server; or have the extractor return less',
  },
  SCHEMA_BEHIND: { exit: 1, retryable: false, remedy: 'run `carbonation db upgrade`' },
  SCHEMA_NEWER: { exit: 1, retryable: false, remedy: 'install a newer carbonation, or restore the database’s backup' },
  SCHEMA_FOREIGN: {
    exit: 1,
    retryable: false,
    remedy: 'set `[database] name` to a database of its own; docs/moving-over.md says how to take over what is there',
  },
  SCHEMA_DRIFT: {
    exit: 1,
    retryable: false,
    remedy: 'run `carbonation db revision -m "…" --autogenerate`, then `carbonation db upgrade`',
  },
  MIGRATION_INVALID: { exit: 1, retryable: false, remedy: 'correct the migration file' },
  CURSOR_INVALID: {
    exit: 1,
    retryable: false,
    remedy: 'begin again without a cursor, and skip what you already have',
  },
  GROUP_UNKNOWN: { exit: 1, retryable: false, remedy: 'see `carbonation query files`, whose filters find groups' },
  STORE_CONFLICT: { exit: 1, retryable: true, remedy: 'another process changed the group; it is read again' },
  SERVICE_RUNNING: {
    exit: 1,
    retryable: false,
    remedy:
      'one service works on a database: stop the other one first, or leave it running; `carbonation run --once`, `retry` and `reconcile` work beside it',
  },
  ARCHIVE_DIFFERS: {
    exit: 1,
    retryable: false,
    remedy: 'restore missing or damaged files, and run the command again; docs/reconciliation.md explains each result',
  },
  WATCH_UNREADABLE: { exit: 1, retryable: true, remedy: 'check that the directory exists, is mounted and may be read' },
  NOTIFY_FAILED: {
    exit: 1,
    retryable: true,
    remedy: 'check `[[notify]]` in config.toml; the event is sent again until it is accepted',
  },
  TOKEN_UNREADABLE: {
    exit: 1,
    retryable: false,
    remedy: 'write a long random text into it, e.g. by `openssl rand -hex 32`',
  },
  LISTEN_FAILED: {
    exit: 1,
    retryable: false,
    remedy: 'set another address for `[http] listen` in config.toml, or stop what uses this one',
  },
  OUTPUT_FAILED: { exit: 1, retryable: false, remedy: 'check that the directory exists and may be written' },
  SCAFFOLD_FAILED: { exit: 1, retryable: false, remedy: 'check that the directory may be written' },
  INTERNAL: { exit: 1, retryable: false, remedy: 'run again with --verbose and report it' },
} as const satisfies Record<string, { exit: 1 | 2; retryable: boolean; remedy: string }>;

/** One of the program's error codes. */
export type ErrorCode = keyof typeof catalogue;
