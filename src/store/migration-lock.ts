import { stableKey } from '../core/index.ts';
import type { DatabaseConfig } from '../config/types.ts';
import { CarbonationError, systemCode } from '../errors/index.ts';
import { connectionOf, openOrm, type Orm } from './orm.ts';
import { sqlOf } from './client.ts';
import type { Sql } from './sql.ts';

/** How long to wait for another process that migrates, in ms. */
const patienceMs = 120_000;

/** What PostgreSQL and SQLite say then. */
const lockCodes: ReadonlySet<string | undefined> = new Set(['55P03', 'SQLITE_BUSY']);

/**
 * Runs `run` while no other process migrates the same database. On a server the lock belongs to a connection of its
 * own, so that it ends with the process, however that ends. SQLite has one connection: everything is one transaction,
 * which takes the writer's place at its beginning.
 *
 * @throws CarbonationError MIGRATION_INVALID when it has waited too long, for 2 minutes unless told otherwise
 */
export async function withMigrationLock<Result>(
  database: DatabaseConfig,
  orm: Orm,
  run: () => Promise<Result>,
  waitMs = patienceMs,
): Promise<Result> {
  return database.driver === 'sqlite'
    ? inOneTransaction(orm, run, waitMs)
    : withServerLock(database, database.driver, run, waitMs);
}

async function inOneTransaction<Result>(orm: Orm, run: () => Promise<Result>, waitMs: number): Promise<Result> {
  const connection = connectionOf(orm);
  await connection.execute(`pragma busy_timeout = ${waitMs}`);
  await orLocked(connection.execute('begin immediate'));
  try {
    const result = await run();
    await connection.execute('commit');
    return result;
  } catch (thrown) {
    await connection.execute('rollback').catch(() => undefined);
    throw thrown;
  }
}

async function withServerLock<Result>(
  database: DatabaseConfig,
  driver: 'postgresql' | 'mariadb',
  run: () => Promise<Result>,
  waitMs: number,
): Promise<Result> {
  const holder = await openOrm(database, {}, { create: false });
  try {
    return await connectionOf(holder)
      .getClient()
      .connection()
      .execute(async (client) => {
        await takeLock(sqlOf(client, driver), database.name, waitMs);
        return run();
      });
  } finally {
    await holder.close(true);
  }
}

async function takeLock(sql: Sql, name: string, waitMs: number): Promise<void> {
  const key = stableKey('carbonation migrations', name);
  if (sql.dialect.driver === 'mariadb') {
    const [row] = await sql.all('select get_lock(?, ?) as taken', [key, waitMs / 1000]);
    if (Number(row?.['taken']) !== 1) throw stillLocked();
    return;
  }
  await sql.run(`set lock_timeout = '${waitMs}ms'`);
  const number = BigInt.asIntN(64, BigInt(`0x${key.slice(0, 16)}`)).toString();
  await orLocked(sql.run('select pg_advisory_lock(?::bigint)', [number]));
}

/** What somebody else's lock has refused is said in our words. */
async function orLocked(taking: Promise<unknown>): Promise<void> {
  try {
    await taking;
  } catch (error) {
    throw lockCodes.has(systemCode(error)) ? stillLocked(error) : error;
  }
}

function stillLocked(cause?: unknown): CarbonationError {
  return new CarbonationError('MIGRATION_INVALID', 'another process is migrating the database and does not finish', {
    remedy: 'end the other process, then try again',
    cause,
  });
}
