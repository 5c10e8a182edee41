import { randomBytes } from 'node:crypto';
import type { DatabaseConfig, DriverName } from '../../src/config/types.ts';
import { openOrm, sqlOn } from '../../src/store/index.ts';

/** A database of a test's own. */
export interface TestDatabase {
  readonly config: DatabaseConfig;
  drop(): Promise<void>;
}

/** A server on which tests have databases. */
interface Server {
  readonly driver: Exclude<DriverName, 'sqlite'>;
  readonly variable: string;
  readonly url: string;
  /** The database that is there to log in to. */
  readonly entrance: string;
}

const servers: readonly Server[] = [
  {
    driver: 'postgresql',
    variable: 'CARBONATION_TEST_POSTGRESQL',
    url: 'postgresql://postgres@127.0.0.1:5432',
    entrance: 'postgres',
  },
  { driver: 'mariadb', variable: 'CARBONATION_TEST_MARIADB', url: 'mariadb://root@127.0.0.1:3306', entrance: 'mysql' },
];

function serverOf(driver: Server['driver']): Server {
  const server = servers.find((one) => one.driver === driver);
  if (server === undefined) throw new Error(`there is no server of ${driver}`);
  return server;
}

/** The configuration for a database on a driver's server. */
export function configOnServer(driver: Server['driver'], name: string): DatabaseConfig {
  return configOf(serverOf(driver), name);
}

function configOf(server: Server, name: string): DatabaseConfig {
  const url = new URL(process.env[server.variable] ?? server.url);
  return {
    driver: server.driver,
    name,
    host: url.hostname,
    port: Number(url.port),
    username: decodeURIComponent(url.username),
    password: url.password === '' ? null : decodeURIComponent(url.password),
    tls: 'off',
    ca: null,
  };
}

/** Runs one statement on a server, outside of any test's database. */
async function onServer(server: Server, statement: string): Promise<void> {
  const orm = await openOrm(configOf(server, server.entrance), {}, { create: false });
  try {
    await sqlOn(orm, server.driver).run(statement);
  } finally {
    await orm.close(true);
  }
}

async function isThere(server: Server): Promise<boolean> {
  try {
    await onServer(server, 'select 1');
    return true;
  } catch (error) {
    const url = process.env[server.variable] ?? server.url;
    const what =
      server.driver === 'postgresql'
        ? 'SKIPPED: tests of several processes on postgresql; the others run on PGlite'
        : `SKIPPED: tests on ${server.driver}`;
    process.stderr.write(
      `${what}; no server at ${url.replace(/:[^:@/]*@/, ':***@')} (set ${server.variable}): ${String(error)}\n`,
    );
    return false;
  }
}

/** The databases with a server, and SQLite: what several processes can work on. One that is missing is said on stderr. */
export async function sharedDrivers(): Promise<readonly DriverName[]> {
  const found = await Promise.all(servers.map(isThere));
  return ['sqlite', ...servers.filter((_, i) => found[i] === true).map(({ driver }) => driver)];
}

/** A name that no other test has. */
export function databaseName(): string {
  return `carbonation_test_${randomBytes(6).toString('hex')}`;
}

/** Makes an empty database on a driver's server. */
export async function makeOnServer(driver: Server['driver']): Promise<TestDatabase> {
  const server = serverOf(driver);
  const name = databaseName();
  await onServer(server, `create database ${name}`);
  return { config: configOf(server, name), drop: () => onServer(server, `drop database ${name}`) };
}

/** The table `[database]` of config.toml for a database. */
export function databaseToml(database: DatabaseConfig): string {
  const lines: readonly (readonly [string, string | number | null])[] = [
    ['drivername', database.driver],
    ['name', database.name],
    ['host', database.host],
    ['port', database.port],
    ['username', database.username],
    ['password', database.password],
  ];
  const set = lines.filter(([, value]) => value !== null).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `[database]\n${set.join('\n')}\n\n`;
}
