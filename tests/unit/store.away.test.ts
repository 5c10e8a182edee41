import { describe, expect, it } from 'vitest';
import { CarbonationError } from '../../src/errors/index.ts';
import { isAway, isBroken, isLimit, isServerAway, reasonOf, withDatabaseSaid } from '../../src/store/database/away.ts';

const failure = (code: string | null, message = 'what it says'): Error =>
  Object.assign(new Error(message), code === null ? {} : { code });

// As the drivers have said them to a program that met them.
const passing: readonly (readonly [string, string | null, string])[] = [
  ['a server that is down', 'ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432'],
  ["a server's socket that is gone", 'ENOENT', 'connect ENOENT /run/postgresql/.s.PGSQL.5432'],
  ['an end that is noticed late by pg', null, 'Client has encountered a connection error and is not queryable'],
  ['an end that is noticed late by mysql2', null, "Can't add new command when connection is in closed state"],
  ['a standby of PostgreSQL', '25006', 'cannot execute UPDATE in a read-only transaction'],
  [
    'a standby of MariaDB',
    'ER_OPTION_PREVENTS_STATEMENT',
    'The MariaDB server is running with the --read-only option so it cannot execute this statement',
  ],
  [
    'one that speaks another language',
    'ER_OPTION_PREVENTS_STATEMENT',
    'Der MariaDB-Server läuft mit der Option --read-only und kann diese Anweisung deswegen nicht ausführen',
  ],
  ['a lock that is held for long', '55P03', 'canceling statement due to lock timeout'],
  ['a lock of MariaDB', 'ER_LOCK_WAIT_TIMEOUT', 'Lock wait timeout exceeded; try restarting transaction'],
  ['a statement that somebody ends', '57014', 'canceling statement due to user request'],
  ['one of MariaDB', 'ER_QUERY_INTERRUPTED', 'Query execution was interrupted'],
  ['a session that is ended', '57P01', 'terminating connection due to administrator command'],
  ['a database that is closed', '55000', 'database "x" is not currently accepting connections'],
  ['a transaction that could not be taken back', '25P02', 'current transaction is aborted'],
  ['too many connections', '53300', 'too many connections for database "x"'],
  ['too many of MariaDB', 'ER_USER_LIMIT_REACHED', "User 'x' has exceeded the 'max_user_connections' resource"],
  ['a password that has changed', '28P01', 'password authentication failed'],
  ['a password that is over', 'ER_MUST_CHANGE_PASSWORD', 'You must SET PASSWORD before executing this statement'],
  ['a server that speaks TLS no more', null, 'The server does not support SSL connections'],
  ['a certificate that is over', 'CERT_HAS_EXPIRED', 'certificate has expired'],
  ['a certificate of another name', 'ERR_TLS_CERT_ALTNAME_INVALID', "Host: db. is not in the cert's altnames"],
  ['a full disk of PostgreSQL', '53100', 'could not extend file: No space left on device'],
  ['a full disk of MariaDB', 'ER_RECORD_FILE_FULL', "The table 'files' is full"],
  ['a full disk of SQLite', 'SQLITE_FULL', 'database or disk is full'],
  ['a disk that has become read-only', 'SQLITE_READONLY', 'attempt to write a readonly database'],
  ['a deadlock', '40P01', 'deadlock detected'],
];

const lasting: readonly (readonly [string, string | null, string])[] = [
  ['a text that is too long', '22001', 'value too long for type character varying(20)'],
  ['a value that is there already', '23505', 'duplicate key value violates unique constraint'],
  ['data of MariaDB', 'ER_DATA_TOO_LONG', "Data too long for column 'x'"],
  ['a packet that is too large', 'ER_NET_PACKET_TOO_LARGE', "Got a packet bigger than 'max_allowed_packet' bytes"],
  ['another option of MariaDB', 'ER_OPTION_PREVENTS_STATEMENT', 'running with the --secure-file-priv option'],
  ['a constraint of SQLite', 'SQLITE_CONSTRAINT_UNIQUE', 'UNIQUE constraint failed'],
  ['another writer', 'STORE_CONFLICT', 'a group has been changed'],
  ['a defect', null, "Cannot read properties of undefined (reading 'x')"],
];

describe('an error of a database', () => {
  it.each(passing)('is waited for: %s', (_what, code, message) => {
    expect(isAway(failure(code, message))).toBe(true);
    expect(isAway(new Error('what was done', { cause: failure(code, message) }))).toBe(true);
  });

  // As mysql2 says what it knows no name of, or only MySQL's.
  it.each([
    [1047, 'WSREP has not yet prepared node for application use'],
    [1129, "Host 'x' is blocked because of many connection errors"],
    [1159, 'Got timeout reading communication packets'],
    [1180, 'Got error 28 "No space left on device" during COMMIT'],
    [1927, 'Connection was killed'],
    [4151, 'Zugriff verweigert, dieses Konto ist gesperrt'],
  ])('is waited for: %i of MariaDB, %s', (errno, message) => {
    expect(isAway(Object.assign(failure(null, message), { errno }))).toBe(true);
    expect(isAway(Object.assign(failure(null, message), { errno: 1153 }))).toBe(false);
  });

  it.each(lasting)('is the fault of what is written: %s', (_what, code, message) => {
    expect(isAway(failure(code, message))).toBe(false);
  });

  it.each([
    ['57014', null],
    ['53200', null],
    ['ER_LOCK_TABLE_FULL', 1206],
    [null, 1969],
  ])('may be due to how much was asked for at once: %s, %s', (code, errno) => {
    const error = Object.assign(failure(code), errno === null ? {} : { errno });
    expect([isAway(error), isLimit(error)]).toEqual([true, true]);
    expect(isLimit(failure('25006'))).toBe(false);
  });

  it.each([
    ['ECONNRESET', 'read ECONNRESET'],
    ['EPIPE', 'write EPIPE'],
    ['PROTOCOL_CONNECTION_LOST', 'Connection lost: The server closed the connection.'],
    [null, 'Connection terminated unexpectedly'],
    [null, 'This socket has been ended by the other party, This socket has unexpectedly been closed'],
  ])('may have ended the connection over what was asked: %s, %s', (code, message) => {
    const error = failure(code, message);
    expect([isAway(error), isBroken(error), isLimit(error)]).toEqual([true, true, false]);
    expect(isBroken(failure('ECONNREFUSED', 'connect ECONNREFUSED'))).toBe(false);
  });
});

describe('what may come of another server having taken over', () => {
  it.each([
    ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432'],
    ['ETIMEDOUT', 'read ETIMEDOUT'],
    ['EHOSTUNREACH', 'connect EHOSTUNREACH 10.0.0.1:5432'],
    ['08P01', 'server login has been failing, try again later (server_login_retry)'],
    ['57P03', 'the database system is starting up'],
    ['ER_OPTION_PREVENTS_STATEMENT', 'running with the --read-only option'],
    [null, 'Client has encountered a connection error and is not queryable'],
    [null, 'timeout expired'],
  ])('is told from what passes by itself: %s, %s', (code, message) => {
    expect(isServerAway(failure(code, message))).toBe(true);
  });

  it.each(['40P01', '53100', '53300', '55P03', '57014', 'SQLITE_FULL', 'ER_LOCK_WAIT_TIMEOUT'])('is not %s', (code) => {
    expect(isServerAway(failure(code))).toBe(false);
  });
});

describe('what a command says of an error', () => {
  it.each([
    ['ECONNREFUSED', /^start the database server/],
    ['SQLITE_BUSY', /locked/],
    ['SQLITE_READONLY_DBMOVED', /may be read and written/],
    ['SQLITE_FULL', /room/],
    ['SQLITE_CORRUPT', /backup/],
    ['42P01', /backup/],
    ['ER_NO_SUCH_TABLE', /backup/],
    ['25006', /read only/],
    ['53100', /room/],
    ['53300', /more connections/],
    ['ER_USER_LIMIT_REACHED', /more connections/],
    ['57014', /statement_timeout/],
    ['25P03', /idle_in_transaction_session_timeout/],
    ['57P03', /^wait/],
    ['3F000', /search_path/],
    [null, /log in by `mysql_native_password`/, 'Server requests authentication using unknown plugin client_ed25519.'],
    ['08P01', /more connections/, 'query_wait_timeout'],
    ['08P01', /`pool_mode` of PgBouncer/, 'transaction blocks not allowed in statement pooling mode'],
  ] as const)('names the database and what helps: %s', (code, remedy, message: string = 'what it says') => {
    expect(withDatabaseSaid(failure(code, message))).toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      message: `the database cannot do its work: ${message}`,
      remedy: expect.stringMatching(remedy),
    });
  });

  it('names what helps where MariaDB is read-only', () => {
    const error = failure('ER_OPTION_PREVENTS_STATEMENT', 'running with the --read-only option');
    expect(withDatabaseSaid(error)).toMatchObject({ remedy: expect.stringMatching(/takes? writes/) });
  });

  it('names what helps where SQLite lacks a table', () => {
    const error = failure('SQLITE_ERROR', 'no such table: files');
    expect(withDatabaseSaid(error)).toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      remedy: expect.stringMatching(/backup/),
    });
    expect(reasonOf(error)).toMatch(/^no such table: files; restore the backup/);
    const other = failure('SQLITE_ERROR', 'near "selct": syntax error');
    expect(withDatabaseSaid(other)).toBe(other);
  });

  it.each(['42501', 'ER_DBACCESS_DENIED_ERROR', 'ER_TABLEACCESS_DENIED_ERROR'])(
    'names a right that lacks: %s',
    (code) => {
      expect(withDatabaseSaid(failure(code))).toMatchObject({
        code: 'DATABASE_DENIED',
        message: 'the database refuses its user: what it says',
        remedy: expect.stringContaining('let the user'),
      });
    },
  );

  it.each([
    ['of ours', new CarbonationError('STORE_CONFLICT', 'x', { cause: failure('SQLITE_BUSY') })],
    ['of anything else', failure('ENOENT')],
  ])('leaves an error %s as it is', (_whose, error) => {
    expect(withDatabaseSaid(error)).toBe(error);
  });
});
