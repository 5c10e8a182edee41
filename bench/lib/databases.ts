/** The databases that are measured: a file for SQLite, and the servers of the tests. */
import { randomBytes } from 'node:crypto';
import type { DatabaseConfig, DriverName } from '../../src/config/types.ts';
import { openOrm, sqlOn } from '../../src/store/index.ts';
import type { Line } from './figures.ts';

/** The configuration of a database: a file's path on SQLite, a database's name on a server. */
function databaseOf(driver: DriverName, name: string): DatabaseConfig {
  const nobody = { host: null, port: null, username: null, password: null } as const;
  const plain = { driver, name, ...nobody, tls: 'off', ca: null } as const;
  if (driver === 'sqlite') return plain;
  const isPostgresql = driver === 'postgresql';
  const url = new URL(
    process.env[isPostgresql ? 'CARBONATION_TEST_POSTGRESQL' : 'CARBONATION_TEST_MARIADB'] ??
      (isPostgresql ? 'postgresql://postgres@127.0.0.1:5432' : 'mariadb://root@127.0.0.1:3306'),
  );
  const password = url.password === '' ? null : decodeURIComponent(url.password);
  return { ...plain, host: url.hostname, port: Number(url.port), username: decodeURIComponent(url.username), password };
}

/** Runs one statement on a server, outside of what is measured. */
async function onServer(driver: DriverName, statement: string): Promise<void> {
  const orm = await openOrm(databaseOf(driver, driver === 'postgresql' ? 'postgres' : 'mysql'), {}, { create: false });
  try {
    await sqlOn(orm, driver).run(statement);
  } finally {
    await orm.close(true);
  }
}

/** An empty database, dropped at the end of its use; a database on SQLite is a file that is made when it is opened. */
export async function emptyDatabase(
  driver: DriverName,
  name: string,
): Promise<AsyncDisposable & { config: DatabaseConfig }> {
  const isServed = driver !== 'sqlite';
  if (isServed) await onServer(driver, `create database ${name}`);
  return {
    config: databaseOf(driver, name),
    async [Symbol.asyncDispose]() {
      if (isServed) await onServer(driver, `drop database ${name}`);
    },
  };
}

/** Why a driver's database cannot be measured here, or null when it can; at length on stderr. */
export async function whyNot(driver: DriverName): Promise<string | null> {
  if (driver === 'sqlite') return null;
  try {
    await onServer(driver, 'select 1');
    return null;
  } catch (error) {
    process.stderr.write(`!!! NOT MEASURED: ${driver}: ${String(error)}\n`);
    return 'no server at the address (see bench/README.md)';
  }
}

/** A name that no other database on a server has. */
export function uniqueName(): string {
  return `carbonation_bench_${randomBytes(4).toString('hex')}`;
}

/** The drivers in the order in which they are measured: SQLite, which the others are held against, is the first. */
export const drivers: readonly DriverName[] = ['sqlite', 'postgresql', 'mariadb'];

/**
 * Measures each database that is there, one after the other, on an empty one that is dropped afterwards.
 *
 * @param path - of SQLite's file
 */
export async function onEach(
  path: (driver: DriverName) => string,
  measure: (database: DatabaseConfig) => Promise<readonly Line[]>,
): Promise<Line[]> {
  const lines: Line[] = [];
  for (const driver of drivers) {
    const why = await whyNot(driver);
    if (why !== null) {
      lines.push({ skipped: driver, why });
      continue;
    }
    await using database = await emptyDatabase(driver, driver === 'sqlite' ? path(driver) : uniqueName());
    lines.push(...(await measure(database.config)));
  }
  return lines;
}
