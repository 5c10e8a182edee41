import { stableKey } from '../core/index.ts';
import type { DatabaseConfig } from '../config/types.ts';
import { CarbonationError } from '../errors/index.ts';
import { connectionOf, openOrm, type Orm } from './orm.ts';
import { sqlOf } from './client.ts';
import type { Sql } from './sql.ts';

/** How long to wait for another process that migrates. */
const patienceSeconds = 120;

/**
 * Runs `run` while no other process migrates the same database. On a server the lock belongs to a connection of its
 * own, so that it ends with the process, however that ends. SQLite has one connection: everything is one transaction,
 * which takes the writer's place at its beginning.
 *
 * @throws CarbonationError MIGRATION_INVALID after 2 minutes of waiting
 */
export async function withMigrationLock<Result>(
  database: DatabaseConfig,
  orm: Orm,
  run: () => Promise<Result>,
): Promise<Result> {
  return database.driver === 'sqlite' ? inOneTransaction(orm, run) : withServerLock(database, database.driver, run);
}

async function inOneTransaction<Result>(orm: Orm, run: () => Promise<Result>): Promise<Result> {
  const connection = connectionOf(orm);
  await connection.execute(`pragma busy_timeout = ${patienceSeconds * 1000}`);
  await connection.execute('begin immediate');
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
): Promise<Result> {
  const holder = await openOrm(database, {}, { create: false });
  try {
    return await connectionOf(holder)
      .getClient()
      .connection()
      .execute(async (client) => {
        await takeLock(sqlOf(client, driver), database.name);
        return run();
      });
  } finally {
    await holder.close(true);
  }
}

async function takeLock(sql: Sql, name: string): Promise<void> {
  const key = stableKey('carbonation migrations', name);
  if (sql.dialect.driver === 'mariadb') {
    const [row] = await sql.all('select get_lock(?, ?) as taken', [key, patienceSeconds]);
    if (Number(row?.['taken']) !== 1) throw stillLocked();
    return;
  }
  await sql.run(`set lock_timeout = '${patienceSeconds}s'`);
  await sql.run('select pg_advisory_lock(?::bigint)', [BigInt.asIntN(64, BigInt(`0x${key.slice(0, 16)}`)).toString()]);
}

function stillLocked(): CarbonationError {
  return new CarbonationError('MIGRATION_INVALID', 'another process is migrating the database and does not finish', {
    remedy: 'end the other process, then try again',
  });
}
