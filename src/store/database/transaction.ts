import { CompiledQuery } from 'kysely';
import type { DriverName } from '../../config/types.ts';
import { sqlOf, tracked } from './client.ts';
import { connectionOf, type Orm } from './orm.ts';
import type { PreparedRows } from './prepared.ts';
import { beginnings } from './session.ts';
import type { Sql } from './sql.ts';

/**
 * Runs statements in one transaction: all of them take effect, or none.
 *
 * On a connection that is given back whatever fails: one that `begin`, `commit` or `rollback` fails on is lost to the pool by
 * MikroORM's own transactions (kysely's issue 1990), and after ten of them, one each time a server goes away, whoever wants
 * another one waits for ever.
 *
 * @param prepared - SQLite's own way to write many rows
 */
export function inTransaction<Answer>(
  orm: Orm,
  driver: DriverName,
  run: (sql: Sql) => Promise<Answer>,
  prepared: PreparedRows | null = null,
): Promise<Answer> {
  return transaction(orm, driver, 'commit', run, prepared);
}

/** Runs statements in a transaction that is taken back. */
export function inVain<Answer>(orm: Orm, driver: DriverName, run: (sql: Sql) => Promise<Answer>): Promise<Answer> {
  return transaction(orm, driver, 'rollback', run, null);
}

function transaction<Answer>(
  orm: Orm,
  driver: DriverName,
  end: 'commit' | 'rollback',
  run: (sql: Sql) => Promise<Answer>,
  prepared: PreparedRows | null,
): Promise<Answer> {
  const client = connectionOf(orm).getClient();
  const ended = client.connection().execute(async (connection) => {
    const say = (text: string) => connection.executeQuery(CompiledQuery.raw(text));
    try {
      await say(beginnings[driver]);
      const answer = await run(sqlOf(connection, driver, prepared));
      await say(end);
      return answer;
    } catch (error) {
      // What cannot be taken back has ended already: with its connection, or by SQLite itself, as on a full disk.
      await say('rollback').catch(() => undefined);
      throw error;
    }
  });
  return tracked(client, ended);
}
