import { CompiledQuery } from 'kysely';
import type { DriverName } from '../../config/types.ts';
import type { QueryRunner } from './client.ts';

/**
 * What a server, a database or a user may be set up with, and what our statements and their answers depend on. PostgreSQL: moments are
 * given in the zone and the form of the session, and in some zones those of long ago are off by seconds; times of files lose
 * digits; a backslash begins an escape; writers that wait for each other are refused; and a commit, after which sources are removed, may be
 * lost with the server.
 */
const postgresSession = [
  "set time zone 'UTC'",
  "set datestyle to 'ISO'",
  'set extra_float_digits to 1',
  'set standard_conforming_strings to on',
  "set default_transaction_isolation to 'read committed'",
  durable('session'),
].join('; ');

/**
 * How a transaction begins. A pooler between us and PostgreSQL, such as PgBouncer, may run each on another connection of its own, which
 * has not been told what our session was: what is recorded depends on it.
 */
export const beginnings: Readonly<Record<DriverName, string>> = {
  postgresql: `begin isolation level read committed; ${durable('transaction')}`,
  mariadb: 'begin',
  // SQLite waits for another writer only where nothing has been read yet; it would refuse the first write at once.
  sqlite: 'begin immediate',
};

/** How long a setting of PostgreSQL holds. */
type Span = 'session' | 'transaction';

/** Has commits wait until the server's disk has them. */
function durable(span: Span): string {
  return `select set_config('synchronous_commit', 'local', ${span === 'transaction'}) where current_setting('synchronous_commit') = 'off'`;
}

/**
 * MariaDB: mysql2 writes values into the text of a statement, with backslashes; what is too long would be cut off, and so would the
 * lists of ids that exports are read by, and the rows of an answer; joins of many rows and changes of whole tables would be refused; tables
 * would be made that know no transactions; a commit would begin the next one, which nobody ends; and a server that skips what a client
 * says of its characters would take each byte of a name for one of its own.
 */
const mariadbSession = [
  'set names utf8mb4 collate utf8mb4_unicode_ci',
  "set sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', autocommit = 1, group_concat_max_len = 1048576",
  "set sql_select_limit = 18446744073709551615, sql_big_selects = 1, default_storage_engine = 'InnoDB', sql_safe_updates = 0, completion_type = 'NO_CHAIN'",
  'set session transaction isolation level repeatable read',
];

/**
 * What a session that migrates takes back as well: the index of a large table takes longer than limits that are meant for queries, and who
 * holds the lock on migrations meanwhile says nothing, and would lose it. Not every PostgreSQL has each of them.
 */
export function patience(driver: 'postgresql' | 'mariadb', span: Span = 'session'): string {
  if (driver === 'mariadb') return 'set max_statement_time = 0, wait_timeout = 604800';
  return `select set_config(name, '0', ${span === 'transaction'}) from pg_settings where name in
    ('statement_timeout', 'transaction_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout')`;
}

/** How long PostgreSQL may take to let somebody in, in ms. */
const admitMs = 30_000;

/** What is used of pg's pool. */
export interface PostgresPool {
  Client: new (options: object) => object;
  readonly options: { onConnect?: (client: { query(text: string): Promise<unknown> }) => Promise<unknown> };
}

/**
 * Has each connection of pg's pool begin with a session as we need it. pg would wait for ever for a server that accepts a connection and
 * says nothing; its pool's own limit holds for the wait for a free connection as well, which may be long.
 *
 * @param migrates - whether its sessions migrate
 */
export function preparePool(pool: PostgresPool, migrates: boolean): void {
  const { Client } = pool;
  const session = migrates ? `${postgresSession}; ${patience('postgresql')}` : postgresSession;
  pool.options.onConnect = (client) => client.query(session);
  pool.Client = class extends Client {
    constructor(options: object) {
      // No copy: the pool hides the password from whoever looks at the options one by one.
      super(Object.create(options, { connectionTimeoutMillis: { value: admitMs } }));
    }
  };
}

/**
 * The same for a connection to MariaDB, as MikroORM calls it. One that cannot be prepared is ended: kysely loses it, and mysql2 takes only
 * what has ended out of its pool, which would be used up after ten of them.
 *
 * @param migrates - whether it migrates
 */
export async function prepareConnection(connection: unknown, migrates = false): Promise<void> {
  // It is kysely's, whatever the option says.
  const { executeQuery } = connection as QueryRunner;
  const say = (text: string) => executeQuery.call(connection, CompiledQuery.raw(text));
  try {
    for (const statement of migrates ? [...mariadbSession, patience('mariadb')] : mariadbSession) await say(statement);
  } catch (thrown) {
    await say('kill connection_id()').catch(() => undefined);
    throw thrown;
  }
}
