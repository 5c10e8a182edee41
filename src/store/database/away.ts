import { CarbonationError, messageOf } from '../../errors/index.ts';

/**
 * What a limit of time, memory or locks says to a statement. It may be the amount that is too much: less may go through at once,
 * where the same would be refused for ever. 1969 is MariaDB's `max_statement_time`, for which mysql2 knows no code.
 */
const limitCodes =
  /^(57014|53200|ER_(QUERY_INTERRUPTED|STATEMENT_TIMEOUT|OUTOFMEMORY|OUT_OF_RESOURCES|LOCK_TABLE_FULL)|SQLITE_NOMEM\w*|1969)$/;

/** What is said where a connection ends while something is asked, as MariaDB ends it over its `max_allowed_packet`: by Node, mysql2 and pg. */
const brokenCodes = /^(ECONNRESET|EPIPE|PROTOCOL_CONNECTION_LOST)$/;
const brokenMessages = /Connection terminated unexpectedly|socket has unexpectedly been closed/i;

/** What is said by the network, and by a pooler such as PgBouncer (08P01), of a server that cannot be reached. */
const networkCodes = /^(ECONN\w*|EPIPE|ETIMEDOUT|ENOTFOUND|EHOST\w*|ENET\w*|EAI_AGAIN|PROTOCOL_\w+|08\w{3})$/;

/** What is said of a server that has ended, is starting, or is not there, and of a standby. */
const serverAwayCodes: readonly RegExp[] = [
  networkCodes,
  /^(57P0[1-3]|25006|ER_SERVER_SHUTDOWN|ER_CONNECTION_KILLED)$/,
];

/** What pg and its pool say of a connection that is gone, and of a server that keeps silent. */
const connectionMessages =
  /Connection terminated|is not queryable|timeout exceeded when trying to connect|timeout expired/i;

/** What MariaDB says itself of what is over its `max_allowed_packet`, if the connection lasts for so long. */
const oversizeCodes = /^(ER_NET_PACKET_TOO_LARGE|1153)$/;

/** What Node says of certificates and of what is no TLS, and mysql2 of a server without it; then what pg says. */
const tlsCodes =
  /^(CERT_\w+|ERR_(TLS|SSL)_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_(GET|VERIFY)_\w+|HANDSHAKE_\w+|EPROTO)$/;
const tlsMessages = /does not support SSL|error establishing an SSL connection/i;

/**
 * What tells that a database cannot do its work now, whatever it is asked to write, and may again without anything of ours having
 * changed: by the codes of the drivers, and by what they say where there is no code. Everything else is taken for the fault
 * of the rows. PostgreSQL: the appendix "Error Codes" of its manual; MariaDB: "Error Codes" of its knowledge base.
 */
const awayCodes: readonly RegExp[] = [
  limitCodes,
  networkCodes,
  // A certificate that is over may be renewed.
  tlsCodes,
  // PostgreSQL: who may connect, a database that is not there, a poisoned or read-only transaction (a standby, after a
  // fail-over), deadlocks, full disks and other resources, locks, what an administrator or a limit of time ends, its disk.
  /^(28\w{3}|3D000|25006|25P02|25P03|40\w{3}|53\w{3}|55\w{3}|57\w{3}|58\w{3})$/,
  // PostgreSQL and MariaDB: rights that are withdrawn, tables that are being restored.
  /^(42501|42P01|ER_\w*ACCESS_DENIED\w*|ER_NO_SUCH_TABLE|ER_BAD_DB_ERROR)$/,
  // MariaDB; first a password that is over.
  /^ER_MUST_CHANGE_PASSWORD(_LOGIN)?$/,
  /^ER_(CON_COUNT\w*|SERVER_SHUTDOWN|CMD_CONNECTION_CLOSED|GET_CONNECTION_TIMEOUT|SOCKET\w*|LOCK\w*|CONNECTION_KILLED)$/,
  /^ER_(USER_LIMIT_REACHED|TOO_MANY_USER_CONNECTIONS|CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)$/,
  /^ER_(DISK_FULL|RECORD_FILE_FULL|ERROR_ON_\w+|GET_ERRNO|CHECKREAD)$/,
  // By number, since mysql2 knows MySQL's names: a node of a cluster that is not ready, hosts that are turned away, connections that
  // break while a packet is read or written, a commit that fails, a read-only server, a session that is ended, an account that is locked.
  /^(1047|1129|1130|1152|1158|1159|1160|1161|1180|1184|1836|1927|4151)$/,
  // SQLite: locked, full, unreadable, read-only by its disk or by its rights; and the thread that commits.
  /^(SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|PERM|PROTOCOL)\w*|THREAD_ENDED)$/,
];

const awayMessages: readonly RegExp[] = [
  connectionMessages,
  tlsMessages,
  brokenMessages,
  // mysql2.
  /connection is in closed state|pool is closed/i,
  // A server's socket in the file system.
  /^connect E[A-Z]+ /,
];

/** MariaDB's read-only server: the code is that of other options as well, and what is said around the option in the server's language. */
const readOnly = { code: /^ER_OPTION_PREVENTS_STATEMENT$/, option: /-read.only/i };

/** How deep causes are looked at. */
const mostCauses = 5;

/** Whether an error, or what caused it, says that the database cannot do its work now: then it is waited for. */
export function isAway(thrown: unknown): boolean {
  return hasCode(thrown, awayCodes) || hasMessage(thrown, awayMessages) || isReadOnly(thrown);
}

function isReadOnly(thrown: unknown): boolean {
  return hasCode(thrown, [readOnly.code]) && hasMessage(thrown, [readOnly.option]);
}

/** What helps where SQLite cannot get at its file. */
export const fileRemedy = 'check that the file and its directory may be read and written';

/** What helps where the database has lost something. */
export const restoreRemedy = 'restore the backup of the database, see "Restore" in docs/operations.md';

/** What PostgreSQL and MariaDB say to a user whom they know, and who has not been granted what a statement needs. */
const rightsCodes = /^(42501|ER_(DB|TABLE|COLUMN|SPECIFIC_)ACCESS_DENIED_ERROR)$/;

/** What MariaDB says of a password that is over and of an account that is locked, and mysql2 of a way to log in that it does not know. */
const accountCodes = /^(ER_MUST_CHANGE_PASSWORD(_LOGIN)?|4151)$/;
const unknownWay = /authentication using unknown plugin/i;

/** Whether an error says that the user is known, and may not log in, or not like this. */
export function isLockedOut(thrown: unknown): boolean {
  return hasCode(thrown, [accountCodes]) || hasMessage(thrown, [unknownWay]);
}

/** Whether an error, or what caused it, says that the user lacks a right. */
export function lacksRight(thrown: unknown): boolean {
  return hasCode(thrown, [rightsCodes]);
}

/** What helps where a database's server says that it takes no writes. */
const readOnlyRemedy =
  'have it take writes again, or name in `host` the server that does: this one is a standby, or it, the database or the user is set to read only';

/** What helps where a database cannot do its work, by its codes. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/^SQLITE_(BUSY|LOCKED)/, 'another process keeps it locked: try again when that is done, or end it'],
  [/^SQLITE_FULL/, 'make room on its disk'],
  [/^SQLITE_(CORRUPT|NOTADB)/, restoreRemedy],
  [
    // Of a file that nobody has open, SQLite makes the companions anew, to read it, too.
    /^SQLITE_READONLY_DIRECTORY/,
    'while the service runs, whoever may read it can look; otherwise only who may write its directory, as the user of the service',
  ],
  [/^SQLITE_(IOERR|CANTOPEN|READONLY|PERM)/, fileRemedy],
  [/^(25006|ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)$/, readOnlyRemedy],
  [/^(53100|ER_DISK_FULL|ER_RECORD_FILE_FULL)$/, "make room on the server's disk"],
  [
    /^(53300|ER_CON_COUNT_ERROR|ER_TOO_MANY_USER_CONNECTIONS|ER_USER_LIMIT_REACHED)$/,
    'let the server, or its user, have more connections: a service and a command beside it may need ten each',
  ],
  [
    /^(57014|25P03|ER_STATEMENT_TIMEOUT|1969)$/,
    'if that happens again, give the user of [database] more time: `statement_timeout` and `idle_in_transaction_session_timeout` of PostgreSQL, `max_statement_time` of MariaDB',
  ],
  [/^57P03$/, 'wait until the server has started'],
  [/^3F000$/, 'create the schema that `search_path` of the user or of the database names, or correct it'],
];

/** A table that is gone, which somebody has taken out. SQLite has no code of its own for it. */
const missingTable = { codes: /^(42P01|ER_NO_SUCH_TABLE)$/, messages: /^no such table: / };

/** What helps with what has no code of its own, as all that PgBouncer says itself. */
const saidRemedies: readonly (readonly [RegExp, string])[] = [
  [/statement pooling mode/i, 'set `pool_mode` of PgBouncer to "transaction" or "session"'],
  [unknownWay, 'have the user of [database] log in by `mysql_native_password` or `caching_sha2_password`'],
  [/query_wait_timeout/, 'let PgBouncer open more connections, see "PgBouncer" in docs/operations.md'],
];

/** What helps where a database says why it cannot do its work; null: it is something else. */
export function databaseRemedy(thrown: unknown): string | null {
  if (hasCode(thrown, [missingTable.codes]) || hasMessage(thrown, [missingTable.messages])) return restoreRemedy;
  if (isReadOnly(thrown)) return readOnlyRemedy;
  const found =
    saidRemedies.find(([said]) => hasMessage(thrown, [said])) ?? remedies.find(([code]) => hasCode(thrown, [code]));
  return found?.[1] ?? null;
}

/** What an error says, with what helps where a database says or shows why it cannot do its work. */
export function reasonOf(thrown: unknown): string {
  const isRefused = thrown instanceof CarbonationError && thrown.code === 'RECORD_REFUSED';
  const remedy = isRefused ? thrown.remedy : databaseRemedy(thrown);
  return remedy === null ? messageOf(thrown) : `${messageOf(thrown)}; ${remedy}`;
}

/** Any error, which is DATABASE_UNREACHABLE where a database says that it cannot do its work, DATABASE_DENIED where the user may not. */
export function withDatabaseSaid(thrown: unknown): unknown {
  if (thrown instanceof CarbonationError) return thrown;
  if (lacksRight(thrown)) {
    return new CarbonationError('DATABASE_DENIED', `the database refuses its user: ${messageOf(thrown)}`, {
      cause: thrown,
      remedy: 'let the user of [database] make, read and change tables in it, best as its owner',
    });
  }
  const remedy = databaseRemedy(thrown);
  if (remedy === null && !isAway(thrown)) return thrown;
  return new CarbonationError('DATABASE_UNREACHABLE', `the database cannot do its work: ${messageOf(thrown)}`, {
    cause: thrown,
    ...(remedy !== null && { remedy }),
  });
}

/** Whether an error, or what caused it, may be due to how much was asked for at once. */
export function isLimit(thrown: unknown): boolean {
  return hasCode(thrown, [limitCodes]);
}

/** Whether an error, or what caused it, says that the connection has ended: with its server, or over what was asked. */
export function isBroken(thrown: unknown): boolean {
  return hasCode(thrown, [brokenCodes]) || hasMessage(thrown, [brokenMessages]);
}

/** Whether an error, or what caused it, says that the server has gone: the one that answers next may be another, or have lost something. */
export function isServerAway(thrown: unknown): boolean {
  return (
    hasCode(thrown, serverAwayCodes) || hasMessage(thrown, [brokenMessages, connectionMessages]) || isReadOnly(thrown)
  );
}

/** Whether an error, or what caused it, says that a statement is longer than the server takes. */
export function isOversize(thrown: unknown): boolean {
  return hasCode(thrown, [oversizeCodes]);
}

/** Whether an error, or what caused it, says that no encrypted connection came about, or whose certificate is not believed. */
export function isTlsFailure(thrown: unknown): boolean {
  return (
    hasCode(thrown, [tlsCodes, /^(UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/]) ||
    hasMessage(thrown, [tlsMessages, /secure TLS connection/])
  );
}

function hasMessage(thrown: unknown, kinds: readonly RegExp[]): boolean {
  return causesOf(thrown).some(({ message }) => kinds.some((kind) => kind.test(message)));
}

function hasCode(thrown: unknown, kinds: readonly RegExp[]): boolean {
  const codes = causesOf(thrown).flatMap((error) => codesOf(error));
  return kinds.some((kind) => codes.some((code) => kind.test(code)));
}

function causesOf(thrown: unknown): readonly Error[] {
  const errors: Error[] = [];
  for (let error = thrown; error instanceof Error && errors.length < mostCauses; error = error.cause)
    errors.push(error);
  return errors;
}

function codesOf(error: Error): readonly string[] {
  return ['code' in error ? String(error.code) : '', 'errno' in error ? String(error.errno) : ''];
}
