import { stableKey } from '../../core/index.ts';
import type { DatabaseConfig } from '../../config/types.ts';
import { CarbonationError, systemCode } from '../../errors/index.ts';
import { connectionOf, openOrm, type Orm } from '../database/orm.ts';
import { sqlOf } from '../database/client.ts';
import { patience } from '../database/session.ts';
import type { Sql } from '../database/sql.ts';

/** How another process that has the lock is waited for. */
export interface LockWait {
  /** How long, in ms. */
  readonly waitMs?: number;
  /** How much of it goes by before anything is said, in ms. */
  readonly quietMs?: number;
  /** Called once, when it takes longer than that. */
  readonly onWait?: () => void;
}

const defaults = { waitMs: 120_000, quietMs: 2000, onWait: () => undefined } satisfies Required<LockWait>;

/** What PostgreSQL and SQLite say then. */
const lockCodes: ReadonlySet<string | undefined> = new Set(['55P03', 'SQLITE_BUSY']);

/**
 * Runs `run` while no other process migrates the same database. On a server the lock belongs to a connection of its
 * own, so that it ends with the process, however that ends; on PostgreSQL to a transaction, during which a pooler in between, such as
 * PgBouncer, gives the connection to nobody else: it would keep the lock. SQLite has one connection: everything is one transaction,
 * which takes the writer's place at its beginning.
 *
 * @throws CarbonationError MIGRATION_INVALID when it has waited too long, for 2 minutes unless told otherwise
 */
export async function withMigrationLock<Result>(
  database: DatabaseConfig,
  orm: Orm,
  run: () => Promise<Result>,
  wait: LockWait = {},
): Promise<Result> {
  const patience = { ...defaults, ...wait };
  return database.driver === 'sqlite'
    ? inOneTransaction(orm, run, patience)
    : withServerLock(database, database.driver, run, patience);
}

async function inOneTransaction<Result>(
  orm: Orm,
  run: () => Promise<Result>,
  wait: Required<LockWait>,
): Promise<Result> {
  const connection = connectionOf(orm);
  await take(wait, 'another process keeps the database locked', async (ms) => {
    await connection.execute(`pragma busy_timeout = ${ms}`);
    return unlessLocked(connection.execute('begin immediate'));
  });
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
  wait: Required<LockWait>,
): Promise<Result> {
  const holder = await openOrm(database, {}, { create: false, migrations: [] });
  try {
    return await connectionOf(holder)
      .getClient()
      .connection()
      .execute(async (client) => {
        const sql = sqlOf(client, driver);
        await take(wait, 'another process is migrating the database', (ms) => takeServerLock(sql, database.name, ms));
        try {
          return await run();
        } finally {
          if (driver === 'postgresql') await sql.run('rollback').catch(() => undefined);
        }
      });
  } finally {
    await holder.close(true);
  }
}

async function takeServerLock(sql: Sql, name: string, ms: number): Promise<boolean> {
  const key = stableKey('carbonation migrations', name);
  if (sql.dialect.driver === 'mariadb') {
    const [row] = await sql.all('select get_lock(?, ?) as taken', [key, ms / 1000]);
    return Number(row?.['taken']) === 1;
  }
  const number = BigInt.asIntN(64, BigInt(`0x${key.slice(0, 16)}`)).toString();
  await sql.run(`begin; ${patience('postgresql', 'transaction')}; set local lock_timeout = ${ms}`);
  const isTaken = await unlessLocked(sql.run('select pg_advisory_xact_lock(?::bigint)', [number]));
  if (!isTaken) await sql.run('rollback');
  return isTaken;
}

/** Takes a lock that `other` may have: quietly first, then for the rest of the time; `attempt` waits for so many ms. */
async function take(
  { waitMs, quietMs, onWait }: Required<LockWait>,
  other: string,
  attempt: (ms: number) => Promise<boolean>,
): Promise<void> {
  const first = Math.min(quietMs, waitMs);
  if (await attempt(first)) return;
  onWait();
  if (first < waitMs && (await attempt(waitMs - first))) return;
  throw new CarbonationError('MIGRATION_INVALID', `${other} and does not finish`, {
    remedy: 'end the other process, then try again',
  });
}

/** Whether a lock has been taken; false: somebody else has it. */
async function unlessLocked(taking: Promise<unknown>): Promise<boolean> {
  try {
    await taking;
    return true;
  } catch (error) {
    if (lockCodes.has(systemCode(error))) return false;
    throw error;
  }
}
