import { describe, expect, test } from 'vitest';

import { inTransaction } from '../../src/store/transaction.ts';
import { availableDrivers } from '../support/databases.ts';
import { useStore } from '../support/store.ts';

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
