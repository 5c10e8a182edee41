import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type * as Postgresql from '@mikro-orm/postgresql';
import { vi } from 'vitest';

import type { DatabaseConfig, DriverName } from '../../src/config/types.ts';
import { openOrm, sqlOn } from '../../src/store/index.ts';

/** Whether PostgreSQL is PGlite, which runs in this process. */
const pglite = vi.hoisted(() => ({ isUsed: false }));

vi.mock('@mikro-orm/postgresql', async (original) => {
  const real = await original<typeof Postgresql>();
  const { onPglite } = await import('./pglite.ts');
  // Called with `new`: what it returns takes the place of what that would make.
  const MikroORM = function (options: ConstructorParameters<typeof real.MikroORM>[0]) {
    return pglite.isUsed ? onPglite(options) : new real.MikroORM(options);
  };
  return { ...real, MikroORM };
});

/** A database of a test's own. */
export interface TestDatabase {
  readonly config: DatabaseConfig;
  drop(): Promise<void>;
}

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

/** The configuration for a database of a driver: a file, or on the test's server. */
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

/** The databases that can be tested here; without a server, PostgreSQL is PGlite, in this process only. */
export async function availableDrivers(): Promise<readonly DriverName[]> {
  const shared = await sharedDrivers();
  pglite.isUsed = !shared.includes('postgresql');
  return pglite.isUsed ? ['sqlite', 'postgresql', ...shared.slice(1)] : shared;
}

/** Whether a driver's databases are on a server of its own; PGlite and SQLite are not. */
export function hasServer(driver: DriverName): boolean {
  return driver !== 'sqlite' && !(driver === 'postgresql' && pglite.isUsed);
}

/** Makes an empty database. */
export async function makeDatabase(driver: DriverName): Promise<TestDatabase> {
  const server = servers.find((one) => one.driver === driver);
  if (server === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'carbonation-store-'));
    const config: DatabaseConfig = {
      driver: 'sqlite',
      name: join(directory, 'carbonation.db'),
      host: null,
      port: null,
      username: null,
      password: null,
      tls: 'off',
      ca: null,
    };
    return { config, drop: async () => rmSync(directory, { recursive: true }) };
  }
  const name = `carbonation_test_${randomBytes(6).toString('hex')}`;
  if (driver === 'postgresql' && pglite.isUsed) {
    const { dropPglite, makePglite } = await import('./pglite.ts');
    await makePglite(name);
    return { config: configOf(server, name), drop: () => dropPglite(name) };
  }
  await onServer(server, `create database ${name}`);
  return { config: configOf(server, name), drop: () => onServer(server, `drop database ${name}`) };
}
