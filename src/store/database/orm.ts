import { stat } from 'node:fs/promises';
import type { MikroORM } from '@mikro-orm/core';
import type { Migration } from '@mikro-orm/migrations';
import type { AbstractSqlConnection } from '@mikro-orm/sql';
import { allEntities } from '../../../entities/index.ts';
import type { DatabaseConfig, DriverName } from '../../config/types.ts';
import type { ColumnSpecs } from '../../core/index.ts';
import { CarbonationError, messageOf, systemCode } from '../../errors/index.ts';
import { fileRemedy, isLockedOut, isTlsFailure, lacksRight, databaseRemedy } from './away.ts';
import { settled, sqlOf } from './client.ts';
import { dialects } from './dialect.ts';
import type { NativeDatabase } from './prepared.ts';
import type { Sql } from './sql.ts';
import { prepareConnection, preparePool, type PostgresPool } from './session.ts';
import { sqlitePragmas } from './sqlite-pragmas.ts';

/** A MikroORM instance over any of the SQL drivers. */
export type Orm = MikroORM;

/** A migration that says what it does. */
interface CompleteMigration extends Migration {
  up(): Promise<void> | void;
}

/** One migration of the ordered list. */
export interface MigrationEntry {
  readonly name: string;
  readonly class: new (...args: ConstructorParameters<typeof Migration>) => CompleteMigration;
}

/** How to open the database. */
export interface OpenOptions {
  /** Make the database if it does not exist; otherwise a misspelt name would become an empty one. */
  readonly create: boolean;
  /** What `migrate` would apply; absent: nothing will be migrated, and limits of time hold that the server sets. */
  readonly migrations?: readonly MigrationEntry[];
}

/**
 * A server that is gone without a word is noticed by what it does not answer between statements: after 10 s, and ten tries a second
 * apart (Node's own). Linux's default is two hours; pg's is never.
 */
const keepAliveMs = 10_000;
const forAll = {
  postgresql: {
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    // Left out, `PGSSLMODE` would decide.
    ssl: false,
  },
  mariadb: { enableKeepAlive: true, keepAliveInitialDelay: keepAliveMs },
  sqlite: {},
} as const;

/** What goes to the driver as it is. */
function driverOptions({ driver, tls, ca }: DatabaseConfig, migrates: boolean): Readonly<Record<string, unknown>> {
  const own = {
    ...forAll[driver],
    ...(driver === 'postgresql' && { onPoolCreated: (pool: PostgresPool) => preparePool(pool, migrates) }),
  };
  if (tls === 'off' || driver === 'sqlite') return own;
  const isVerified = tls === 'verify';
  const ssl = {
    rejectUnauthorized: isVerified,
    ...(ca !== null && { ca }),
    // mysql2 looks at the name only if it is told to, pg always.
    ...(driver === 'mariadb' && { verifyIdentity: isVerified }),
  };
  return { ...own, ssl };
}

function common(database: DatabaseConfig, columns: ColumnSpecs, options: OpenOptions) {
  const migrates = options.migrations !== undefined;
  return {
    entities: allEntities(columns),
    migrations: {
      snapshot: false,
      // The migrator would print each step; the caller says what was applied.
      silent: true,
      disableForeignKeys: false,
      // SQLite's are one transaction, see `withMigrationLock`.
      transactional: database.driver !== 'sqlite',
      migrationsList: [...(options.migrations ?? [])],
    },
    // It would go by what the server says, in one language only: see `makeDatabase`.
    ensureDatabase: false,
    driverOptions: driverOptions(database, migrates),
    ...(database.driver === 'mariadb' && {
      onCreateConnection: (connection: unknown) => prepareConnection(connection, migrates),
    }),
    forceUtcTimezone: true,
    debug: false,
    discovery: { warnWhenNoEntities: false },
    ...(database.host !== null && { host: database.host }),
    ...(database.port !== null && { port: database.port }),
    ...(database.username !== null && { user: database.username }),
    ...(database.password !== null && { password: database.password }),
  };
}

async function start(database: DatabaseConfig, columns: ColumnSpecs, options: OpenOptions): Promise<Orm> {
  const settings = { ...common(database, columns, options), dbName: database.name };
  if (database.driver === 'postgresql') {
    const { MikroORM } = await import('@mikro-orm/postgresql');
    return new MikroORM(settings);
  }
  if (database.driver === 'mariadb') {
    const { MikroORM } = await import('@mikro-orm/mariadb');
    return new MikroORM(settings);
  }
  const { MikroORM } = await import('@mikro-orm/sqlite');
  return new MikroORM(settings);
}

/**
 * Connects to the database. SQLite: the file must exist unless `create` is set;
 * it is opened in WAL mode with `synchronous = FULL`, so that a commit is on disk.
 *
 * @throws CarbonationError DATABASE_MISSING, DATABASE_UNREACHABLE or DATABASE_DENIED
 */
export async function openOrm(database: DatabaseConfig, columns: ColumnSpecs, options: OpenOptions): Promise<Orm> {
  if (database.driver === 'sqlite' && !options.create && !(await exists(database))) {
    throw new CarbonationError('DATABASE_MISSING', `the database ${database.name} does not exist`, {
      remedy: 'run `carbonation db init`; if there has been one, mount its disk or restore its backup instead',
    });
  }
  let orm: Orm | undefined;
  try {
    orm = await start(database, columns, options);
    const connection = connectionOf(orm);
    await connection.connect();
    if (database.driver === 'sqlite') {
      for (const pragma of sqlitePragmas) await connection.execute(`pragma ${pragma}`);
    } else {
      await connection.execute('select 1');
    }
    return orm;
  } catch (error) {
    if (orm !== undefined) await closeOrm(orm).catch(() => undefined);
    if (options.create && missingCodes.has(systemCode(error) ?? '')) {
      await makeDatabase(database);
      return openOrm(database, columns, { ...options, create: false });
    }
    throw connectionError(database, error);
  }
}

/** The databases that every server has, to make others from. */
const entrances: Readonly<Record<DriverName, string>> = {
  postgresql: 'postgres',
  mariadb: 'information_schema',
  sqlite: '',
};

/** What is said where another process has made it meanwhile; PostgreSQL in two ways. */
const madeCodes = new Set(['42P04', '23505', 'ER_DB_CREATE_EXISTS']);

/** Makes a database on its server. */
async function makeDatabase(database: DatabaseConfig): Promise<void> {
  const { driver, name } = database;
  const { quote } = dialects[driver];
  const orm = await openOrm({ ...database, name: entrances[driver] }, {}, { create: false });
  try {
    const mark = quote('').charAt(0);
    await connectionOf(orm).execute(`create database ${quote(name.replaceAll(mark, mark + mark))}`);
  } catch (thrown) {
    if (!madeCodes.has(systemCode(thrown) ?? '')) throw connectionError(database, thrown);
  } finally {
    await closeOrm(orm);
  }
}

/** How long connections are waited for that do not end, in ms. */
const closeMs = 2000;

/**
 * Ends the connections once nothing is under way on them. One that went away while MikroORM flushed on it (see
 * `inTransaction`) is never given back: it is waited for a while, and then left.
 */
export async function closeOrm(orm: Orm): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeMs);
  });
  const closed = settled(connectionOf(orm).getClient()).then(() => orm.close(true));
  try {
    await Promise.race([closed, patience]);
  } finally {
    clearTimeout(timer);
  }
}

/** The SQL connection of an instance. */
export function connectionOf(orm: Orm): AbstractSqlConnection {
  return orm.em.getConnection() as AbstractSqlConnection;
}

/** SQL on an instance's connections, outside of any transaction. */
export function sqlOn(orm: Orm, driver: DriverName): Sql {
  return sqlOf(connectionOf(orm).getClient(), driver);
}

/** The better-sqlite3 database of a SQLite instance. */
export async function nativeSqlite(orm: Orm): Promise<NativeDatabase> {
  const { SqliteConnection } = await import('@mikro-orm/sqlite');
  const connection = orm.em.getConnection();
  if (connection instanceof SqliteConnection) return connection.getNativeClient();
  throw new CarbonationError('INTERNAL', 'not a SQLite connection');
}

const deniedCodes = new Set(['28P01', '28000', 'ER_ACCESS_DENIED_ERROR', 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR']);
/** What pg says where a server asks for a password and none is given. */
const passwordMessage = /client password must be a/i;
const missingCodes = new Set(['3D000', 'ER_BAD_DB_ERROR']);

/** Which database it is, for people. */
export function placeOf({ driver, name, host }: DatabaseConfig): string {
  return driver === 'sqlite' ? name : `${name} on ${host ?? 'localhost'}`;
}

function connectionError(database: DatabaseConfig, thrown: unknown): CarbonationError {
  if (thrown instanceof CarbonationError) return thrown;
  const code = systemCode(thrown) ?? '';
  const where = placeOf(database);
  const said = refusalOf(thrown, code);
  if (said !== null) {
    const remedy =
      databaseRemedy(thrown) ??
      (database.tls === 'off'
        ? 'check `username` and the password of [database], and whether the server asks for `tls`'
        : null);
    return new CarbonationError(
      'DATABASE_DENIED',
      `the database ${where} refuses the user ${database.username ?? ''}${said}`,
      { cause: thrown, ...(remedy !== null && { remedy }) },
    );
  }
  // The server lets the user in, but not into this database, or not make it.
  if (lacksRight(thrown)) {
    const message = `the database ${where} refuses the user ${database.username ?? ''}: ${messageOf(thrown)}`;
    const remedy = 'create it on the server and let the user connect to it, then run `carbonation db init`';
    return new CarbonationError('DATABASE_DENIED', message, { cause: thrown, remedy });
  }
  if (missingCodes.has(code)) {
    return new CarbonationError('DATABASE_MISSING', `the database ${where} does not exist`, {
      remedy: 'run `carbonation db init`, which makes it if the user may; else create it on the server first',
      cause: thrown,
    });
  }
  const remedy = databaseRemedy(thrown) ?? (database.driver === 'sqlite' ? fileRemedy : null);
  const isUntrusted = database.tls !== 'off' && isTlsFailure(thrown);
  return new CarbonationError('DATABASE_UNREACHABLE', `the database ${where} cannot be opened: ${messageOf(thrown)}`, {
    cause: thrown,
    ...(isUntrusted && {
      remedy: 'check the certificate of the server, `ca_file` and `tls` in [database], and that `host` is a name in it',
    }),
    ...(remedy !== null && { remedy }),
  });
}

/** What a server has against a user: of a password that is wrong it says no more; null: it is something else. */
function refusalOf(thrown: unknown, code: string): string | null {
  if (passwordMessage.test(messageOf(thrown))) return ': it asks for a password, and there is none';
  if (code === '28000' || isLockedOut(thrown)) return `: ${messageOf(thrown)}`;
  return deniedCodes.has(code) ? '' : null;
}

async function exists(database: DatabaseConfig): Promise<boolean> {
  try {
    await stat(database.name);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw connectionError(database, error);
  }
}
