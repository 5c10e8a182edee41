/** The databases that are measured: a file for SQLite, and the servers of the tests. */
import type { DatabaseConfig, DriverName } from '../src/config/types.ts';
import { connectionOf, openOrm, Sql } from '../src/store/index.ts';

/** The configuration of a database: a file's path on SQLite, a database's name on a server. */
export function databaseOf(driver: DriverName, name: string): DatabaseConfig {
  const plain = { driver, name, host: null, port: null, username: null, password: null, echo: false };
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
export async function onServer(driver: DriverName, statement: string): Promise<void> {
  const orm = await openOrm(databaseOf(driver, driver === 'postgresql' ? 'postgres' : 'mysql'), {}, { create: false });
  try {
    await new Sql(connectionOf(orm).getClient(), driver).run(statement);
  } finally {
    await orm.close(true);
  }
}

/** Runs `work` with an empty database that is dropped afterwards; what fails is said, and the next one has its turn. */
export async function withDatabase(
  database: DatabaseConfig,
  work: (database: DatabaseConfig) => Promise<void>,
): Promise<void> {
  const { driver, name } = database;
  try {
    if (driver !== 'sqlite') await onServer(driver, `create database ${name}`);
    try {
      await work(database);
    } finally {
      if (driver !== 'sqlite') await onServer(driver, `drop database ${name}`);
    }
  } catch (error) {
    process.stdout.write(`${driver}: not measured: ${String(error)}\n`);
  }
}
