import { describe, expect, test } from 'vitest';

import { repairTotals } from '../../src/api/database.ts';
import { stableKey } from '../../src/core/index.ts';
import { GroupStore, openOrm, type GroupWrite } from '../../src/store/index.ts';
import { componentTotals, groupTotals, wrongTotals } from '../../src/store/commit/totals.ts';
import { availableDrivers, hasServer } from '../support/databases.ts';
import { componentRow, groupRow } from '../support/rows.ts';
import { columns, project, useStore } from '../support/store.ts';

const drivers = await availableDrivers();

describe.each(drivers)('the totals on %s', (driver) => {
  const bench = useStore(driver);
  const components = async () =>
    (await componentTotals(bench.store.sql))
      .map((one) => `${one.watchName} ${one.status} ${one.inDelivery} ${one.inArchive} ${one.total} ${one.bytes}`)
      .toSorted();
  const groups = async () =>
    (await groupTotals(bench.store.sql))
      .map((one) => `${one.watchName} ${one.state} ${one.bare} ${one.total}`)
      .toSorted();
  const wrong = () => wrongTotals(bench.store.sql);
  const write = (group: GroupWrite | undefined, changes: Partial<GroupWrite>): GroupWrite => {
    if (group === undefined) throw new Error('no group');
    return { ...group, ...changes };
  };

  test('follow components and groups from state to state', async () => {
    const [a, b] = await bench.made(
      groupRow('a', { components: [componentRow('/a.1'), componentRow('/a.2', { sizeBytes: 3_000_000_000 })] }),
      groupRow('b', { watchName: 'other' }),
    );
    expect(await components()).toEqual(['other detected true false 1 7', 'w detected true false 2 3000000007']);
    expect(await groups()).toEqual(['other assessing false 1', 'w assessing false 1']);
    await bench.store.commit([
      write(a, {
        state: 'archived',
        complete: true,
        completes: true,
        // The other one is as it was.
        components: [componentRow('/a.1', { status: 'archived', inArchive: true, sizeBytes: 9 })],
      }),
      write(b, { state: 'archived', complete: true, metadata: { a_word: 'x' }, components: [] }),
    ]);
    expect(await components()).toEqual([
      'other detected true false 1 7',
      'w archived true true 1 9',
      'w detected true false 1 3000000000',
    ]);
    // Only the one without metadata is bare.
    expect(await groups()).toEqual(['other archived false 1', 'w archived true 1']);
    expect(await wrong()).toBe(0);
    // What is not written of a group stays: it has its metadata still.
    await bench.store.commit([
      write(a, { lockVersion: 2, state: 'archived', complete: true, metadata: { a_word: 'y' }, components: [] }),
      write(b, { lockVersion: 2, state: 'missing', complete: true, components: [] }),
    ]);
    expect(await groups()).toEqual(['other missing false 1', 'w archived false 1']);
    expect(await wrong()).toBe(0);
  });

  test('are right when a file changes its group, and when one is removed', async () => {
    const [a, b] = await bench.made(
      groupRow('a', { components: [componentRow('/moves'), componentRow('/goes')] }),
      groupRow('b', { watchName: 'other', components: [] }),
    );
    await bench.store.commit([
      write(a, { components: [], removedComponents: [stableKey('/goes')] }),
      write(b, { components: [componentRow('/moves', { watchName: 'other', status: 'waiting' })] }),
    ]);
    expect(await components()).toEqual(['other waiting true false 1 7']);
    expect(await wrong()).toBe(0);
  });

  test("are right when a group remembers a file that is another group's by now, whose row stays as it is", async () => {
    const left = { inDelivery: false, status: 'cleared' } as const;
    const [a, b] = await bench.made(
      groupRow('a', { components: [componentRow('/comes'), componentRow('/leaves')] }),
      groupRow('b', { watchName: 'other', components: [componentRow('/moved', { watchName: 'other' })] }),
    );
    const before = await components();
    await bench.store.commit([write(a, { components: [componentRow('/moved', left)] })]);
    expect(await components()).toEqual(before);

    // The row is free once its own group is without it, and whoever has the file takes it, also in the same batch.
    await bench.store.commit([
      write(b, { components: [componentRow('/leaves', { watchName: 'other', status: 'waiting' })] }),
      write(a, { lockVersion: 2, components: [componentRow('/leaves', left), componentRow('/comes', left)] }),
    ]);
    expect(await components()).toEqual([
      'other detected true false 1 7',
      'other waiting true false 1 7',
      'w cleared false false 1 7',
    ]);
    expect(await wrong()).toBe(0);
    const owners = await bench.store.sql.all(
      'select source_path, group_key from file_components c join files f on f.id = c.group_id order by 1',
    );
    expect(owners.map((row) => Object.values(row).join(' '))).toEqual(['/comes a', '/leaves b', '/moved b']);
  });

  test('stay as they are when a batch is rolled back', async () => {
    const [a] = await bench.made(groupRow('a'));
    const before = [await components(), await groups()];
    await expect(
      bench.store.commit([groupRow('new'), write(a, { state: 'failed', lockVersion: 99 })]),
    ).rejects.toMatchObject({ code: 'STORE_CONFLICT' });
    expect([await components(), await groups()]).toEqual(before);
    expect(await wrong()).toBe(0);
  });

  test('that are wrong are found, and counted anew', async () => {
    await bench.made(groupRow('a'), groupRow('b', { complete: true }));
    const before = [await components(), await groups()];
    const database = project(bench.config);
    expect(await repairTotals(database)).toBe(0);
    await bench.store.sql.run('update component_totals set bytes = bytes + 1');
    await bench.store.sql.run(
      "insert into group_totals (watch_name, state, bare, total) select 'w', 'failed', bare, 5 from group_totals where bare = (1 = 0)",
    );
    expect(await wrong()).toBe(2);
    expect(await repairTotals(database)).toBe(2);
    expect([await components(), await groups()]).toEqual(before);
    expect(await wrong()).toBe(0);
  });

  // PGlite has one connection only; several writers of SQLite are processes, see the test of the cursor.
  test.each([driver].filter(hasServer))('are exact with several writers at the same files on %s', async () => {
    const paths = ['/1', '/2', '/3', '/4'];
    const states = ['waiting', 'failed', 'timed_out', 'archived'] as const;
    const orms = await Promise.all([1, 2, 3].map(() => openOrm(bench.config, columns, { create: false })));
    try {
      await Promise.all(
        orms.map(async (orm, writer) => {
          const store = new GroupStore(orm, driver, columns);
          for (let i = 0; i < 12; i += 1) {
            const order = (writer + i) % 2 === 0 ? paths : paths.toReversed();
            const status = states[(writer + i) % states.length] ?? 'failed';
            const watchName = `w${(i * 7 + writer) % 3}`;
            await store.commit([
              groupRow(`${writer}-${i}`, {
                watchName,
                components: order.map((path, n) => componentRow(path, { status, watchName, sizeBytes: i + n })),
              }),
            ]);
          }
        }),
      );
    } finally {
      for (const orm of orms) await orm.close(true);
    }
    expect((await componentTotals(bench.store.sql)).reduce((sum, { total }) => sum + total, 0)).toBe(paths.length);
    expect(await wrong()).toBe(0);
  });
});
