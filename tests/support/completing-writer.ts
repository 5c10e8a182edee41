/** A process that completes groups in small transactions which are slow to commit: `node … CONFIG NAME COUNT`. */
import { commitGroups } from '../../src/store/commit/commit.ts';
import { connectionOf, openOrm, sqlOf } from '../../src/store/index.ts';
import type { DatabaseConfig } from '../../src/config/types.ts';
import { groupRow, moment } from './rows.ts';

const [, , config = '', name = '', count = '0'] = process.argv;
const database: DatabaseConfig = JSON.parse(config);
const orm = await openOrm(database, {}, { create: false });
// Writers of SQLite take turns by chance: on a busy machine one of them may wait for long.
if (database.driver === 'sqlite') await connectionOf(orm).execute('pragma busy_timeout = 20000');
try {
  for (let i = 0; i < Number(count); i += 1) {
    await connectionOf(orm).transactional(async (transaction) => {
      const group = groupRow(`${name}-${i}`, {
        state: 'archived',
        complete: true,
        completes: true,
        completedAt: moment + i,
      });
      await commitGroups(sqlOf(transaction, database.driver), [group], {});
      // What a slow disk does: the number is taken, the commit is still to come.
      await new Promise((resolve) => {
        setTimeout(resolve, (i * 7 + name.length) % 13);
      });
    });
  }
} finally {
  await orm.close(true);
}
