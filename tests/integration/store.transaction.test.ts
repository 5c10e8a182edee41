import { describe, expect, test } from 'vitest';

import { buildConditions } from '../../src/api/query.ts';
import { ArchiveStore, isAway, openOrm } from '../../src/store/index.ts';
import { lockOrder } from '../../src/store/commit/order.ts';
import { inTransaction } from '../../src/store/database/transaction.ts';
import { availableDrivers, hasServer } from '../support/databases.ts';
import { until } from '../support/project.ts';
import { Proxy } from '../support/proxy.ts';
import { groupRow, moment } from '../support/rows.ts';
import { columns, useStore } from '../support/store.ts';

const drivers = await availableDrivers();

describe.each(drivers)('a transaction on %s', (driver) => {
  const bench = useStore(driver);
  const count = async () => {
    const [row] = await bench.store.sql.all("select value from counters where name = 'completion'");
    return Number(row?.['value']);
  };

  test('takes effect as a whole, or not at all, and says why not', async () => {
    const before = await count();
    await inTransaction(bench.orm, driver, (sql) => sql.run('update counters set value = value + 1'));
    const failing = inTransaction(bench.orm, driver, async (sql) => {
      await sql.run('update counters set value = value + 1');
      throw new Error('the reason');
    });
    await expect(failing).rejects.toThrow('the reason');
    expect(await count()).toBe(before + 1);
  });

  test('that the database has ended by itself, as SQLite does on a full disk, keeps no connection', async () => {
    const before = await count();
    const failing = inTransaction(bench.orm, driver, async (sql) => {
      await sql.run('update counters set value = value + 1');
      await sql.run('rollback');
      throw new Error('the disk is full');
    });
    await expect(failing).rejects.toThrow('the disk is full');
    await inTransaction(bench.orm, driver, (sql) => sql.run('update counters set value = value + 1'));
    expect(await count()).toBe(before + 1);
  });
});

describe.each(drivers.filter((driver) => driver === 'postgresql'))(
  'on %s, behind a pooler of transactions',
  (driver) => {
    const bench = useStore(driver);

    test('a commit is as safe on a connection that our session has never been on', async () => {
      const { sql } = bench.store;
      // As such a pooler gives it: what the session was told is not known there.
      await sql.run('set default_transaction_isolation to serializable');
      await sql.run('set synchronous_commit to off');
      const settings = await inTransaction(bench.orm, driver, (inside) =>
        inside.all(
          "select current_setting('transaction_isolation') as isolation, current_setting('synchronous_commit') as durable",
        ),
      );
      expect(settings).toEqual([{ isolation: 'read committed', durable: 'local' }]);
    });
  },
);

describe.each(drivers.filter(hasServer))('writers of the same groups on %s', (driver) => {
  const bench = useStore(driver);
  const waiting = {
    postgresql:
      "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    // Not innodb_trx: what it says is not renewed while it is asked again and again.
    mariadb:
      "select count(*) as n from information_schema.processlist where db = database() and info like 'select value from counters%'",
  };

  /** How many components are marked as verified. */
  async function markVerified(): Promise<number> {
    const ids = (await bench.store.sql.all('select id from file_components')).map(({ id }) => Number(id));
    await new ArchiveStore(bench.store).markVerified(ids, moment);
    return (await bench.store.sql.all('select id from file_components where verified_at is not null')).length;
  }

  test.each([
    [
      'makes groups due',
      'update files set attempt = 1 where id = ?',
      () => bench.store.markDue(buildConditions({ group_key: ['one', 'two'] }, columns), moment),
    ],
    ['marks copies as verified', 'update file_components set retry_count = 1 where group_id = ?', markVerified],
  ])('take turns: who commits is not refused beside one who %s, nor is that one', async (_, statement, write) => {
    const [one, two] = await bench.made(groupRow('one'), groupRow('two'));
    const { writing } = await inTransaction(bench.orm, driver, async (sql) => {
      await lockOrder(sql);
      await sql.run(statement, [two?.id]);
      const other = write();
      other.catch(() => undefined);
      await until('the other one waits', async () => {
        const [row] = await bench.store.sql.all(waiting[driver === 'postgresql' ? driver : 'mariadb']);
        return Number(row?.['n']) > 0;
      });
      await sql.run(statement, [one?.id]);
      return { writing: other };
    });
    expect(await writing).toBe(2);
  });
});

describe.each(drivers.filter(hasServer))('a server of %s that goes away', (driver) => {
  const bench = useStore(driver);
  /** More than MikroORM has connections at a time. */
  const often = 12;

  test.each([
    ['before a transaction begins', 'before'],
    ['in the middle of one', 'within'],
    ['in one that learns of it between two statements', 'between'],
  ] as const)('%s costs no connection, and nothing but time', async (_when, at) => {
    const { host, port } = bench.config;
    const proxy = await Proxy.to({ host: host ?? '', port: port ?? 0 });
    const orm = await openOrm({ ...bench.config, port: proxy.port }, columns, { create: false });
    const count = () => inTransaction(orm, driver, (sql) => sql.run('update counters set value = value + 1'));
    for (let i = 0; i < often; i += 1) {
      // Now there is a connection that nobody uses.
      await count();
      const cut: Promise<void>[] = [];
      if (at === 'before') cut.push(proxy.cut());
      const failing: unknown = await inTransaction(orm, driver, async (sql) => {
        await sql.run('update counters set value = value + 1');
        cut.push(proxy.cut());
        const isClosed = () =>
          sql.run('select 1').then(
            () => false,
            ({ message }: Error) => /not queryable|closed state/.test(message),
          );
        if (at === 'between') await until('its client says so', isClosed);
      }).catch((error: unknown) => error);
      expect([String(failing), isAway(failing)]).toEqual([expect.any(String), true]);
      await Promise.all(cut);
      await proxy.restore();
    }
    await count();
    await orm.close(true);
    const [row] = await bench.store.sql.all("select value from counters where name = 'completion'");
    expect(Number(row?.['value'])).toBe(often + 1);
  });
});
