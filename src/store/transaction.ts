import type { DriverName } from '../config/types.ts';
import { sqlOf, type QueryRunner } from './client.ts';
import { connectionOf, nativeSqlite, type Orm } from './orm.ts';
import type { PreparedRows } from './prepared.ts';
import type { Sql } from './sql.ts';

/**
 * Runs statements in one transaction: all of them take effect, or none.
 *
 * @param prepared - SQLite's own way to write many rows
 */
export async function inTransaction<Answer>(
  orm: Orm,
  driver: DriverName,
  run: (sql: Sql) => Promise<Answer>,
  prepared: PreparedRows | null = null,
): Promise<Answer> {
  const connection = connectionOf(orm);
  const transaction = await connection.begin();
  try {
    const answer = await run(sqlOf(transaction, driver, prepared));
    await connection.commit(transaction);
    return answer;
  } catch (error) {
    await rollBack(orm, driver, transaction);
    throw error;
  }
}

/** What begins a transaction, and ends it. */
type Transaction = QueryRunner & Awaited<ReturnType<ReturnType<typeof connectionOf>['begin']>>;

/**
 * Takes a transaction back. One that cannot be has ended already, with its
 * connection: that is said by what failed before.
 */
export async function rollBack(orm: Orm, driver: DriverName, transaction: Transaction): Promise<void> {
  if (driver === 'sqlite') {
    // SQLite rolls back by itself when the disk is full or fails; the driver's own roll-back would then fail, and keep the
    // only connection for ever.
    const database = await nativeSqlite(orm);
    if (!database.inTransaction) database.exec('begin');
  }
  await connectionOf(orm)
    .rollback(transaction)
    .catch(() => undefined);
}
