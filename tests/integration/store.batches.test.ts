import { describe, expect, test } from 'vitest';

import { stableKey } from '../../src/core/index.ts';
import { GroupStore } from '../../src/store/index.ts';
import { availableDrivers } from '../support/databases.ts';
import { componentRow, groupRow, moment } from '../support/rows.ts';
import { columns, useStore } from '../support/store.ts';

const drivers = await availableDrivers();

describe.each(drivers)('batches of groups on %s', (driver) => {
  const bench = useStore(driver);

  test('take their places in the order of completion without a gap, in the order of commits', async () => {
    const completed = (key: string) => groupRow(key, { complete: true, completedAt: moment, completes: true });
    const [a] = await bench.made(completed('a'), groupRow('not yet'), completed('b'));
    await expect(bench.store.commit([completed('lost'), completed('a')])).rejects.toThrow(/unique|duplicate/i);
    await Promise.all(['c', 'd', 'e', 'f'].map((key) => bench.store.commit([completed(key), completed(`${key}2`)])));
    await bench.store.commit([{ ...(a ?? groupRow('a')), revision: 2, completedAt: moment + 1, completes: true }]);
    const order = await bench.completedOrder();
    expect(order.map(([, seq]) => seq)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(order.at(0)?.[0]).toBe('b');
    expect(order.at(-1)?.[0]).toBe('a');
    for (const key of ['c', 'd', 'e', 'f']) {
      const place = order.findIndex(([found]) => found === key);
      expect(order[place + 1]?.[0]).toBe(`${key}2`);
    }
  });

  test('changed by another writer are named by the conflict, and nothing of the batch is written', async () => {
    const groups = await bench.made(...['one', 'two', 'three', 'four'].map((key) => groupRow(key)));
    const [, two, three] = groups;
    if (two === undefined || three === undefined) throw new Error('nothing written');
    await bench.store.commit([{ ...two, state: 'by other' }]);
    const [again] = await bench.store.commit([{ ...three, state: 'by other' }]);
    await bench.store.commit([{ ...three, ...again, state: 'by other, twice' }]);
    const batch = [groupRow('new'), ...groups.map((group) => ({ ...group, state: 'mine', completes: true }))];
    await expect(bench.store.commit(batch)).rejects.toMatchObject({
      code: 'STORE_CONFLICT',
      details: [String(two.id), String(three.id)],
    });
    const states = await bench.store.sql.all('select group_key, state, lock_version from files order by id');
    expect(states.map((row) => [row['group_key'], row['state'], Number(row['lock_version'])])).toEqual([
      ['one', 'assessing', 1],
      ['two', 'by other', 2],
      ['three', 'by other, twice', 3],
      ['four', 'assessing', 1],
    ]);
    expect(await bench.completedOrder()).toEqual([]);
    expect(
      (await bench.store.sql.all("select value from counters where name = 'completion'")).map((r) =>
        Number(r['value']),
      ),
    ).toEqual([0]);
  });

  test('that have been deleted are a conflict, too', async () => {
    const [one, two] = await bench.made(groupRow('one'), groupRow('two'));
    await bench.store.sql.run('delete from files where id = ?', [two?.id]);
    await expect(bench.store.commit([one ?? groupRow('one'), two ?? groupRow('two')])).rejects.toMatchObject({
      code: 'STORE_CONFLICT',
      details: [String(two?.id)],
    });
  });

  test('written by two at the same time are written by one of them', async () => {
    const groups = await bench.made(...['one', 'two'].map((key) => groupRow(key)));
    const other = new GroupStore(bench.orm, driver, columns);
    const outcomes = await Promise.allSettled([
      bench.store.commit(groups.map((group) => ({ ...group, state: 'first' }))),
      other.commit(groups.map((group) => ({ ...group, state: 'second' }))),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(failed?.reason).toMatchObject({ code: 'STORE_CONFLICT', details: groups.map(({ id }) => String(id)) });
    const rows = await bench.store.sql.all('select distinct state, lock_version from files');
    expect(rows).toHaveLength(1);
  });

  test('are found by their deadline, the longest overdue first, and only those of the watches', async () => {
    const made = await bench.made(
      groupRow('late', { dueAt: moment + 20 }),
      groupRow('later', { dueAt: moment + 30 }),
      groupRow('early', { dueAt: moment + 10 }),
      groupRow('never'),
      groupRow('other', { watchName: 'v', dueAt: moment }),
    );
    const keys = new Map(made.map(({ keyHash, groupKey }) => [keyHash, groupKey]));
    const due = async (watches: readonly string[], now: number, limit = 10) =>
      (await bench.store.dueGroups(watches, now, limit)).map(({ keyHash }) => keys.get(keyHash));
    expect(await due(['w'], moment + 20)).toEqual(['early', 'late']);
    expect(await due(['w'], moment + 9)).toEqual([]);
    expect(await due(['w', 'v'], moment + 100, 2)).toEqual(['other', 'early']);
    expect(await due([], moment + 100)).toEqual([]);
    const behind = await bench.store.groupsDueBehind(['w'], moment + 10, 1);
    expect(behind.map(({ keyHash }) => keys.get(keyHash))).toEqual(['late']);
    expect(await bench.store.groupsDueBehind(['w', 'v'], moment + 30, 10)).toEqual([]);
    expect(await bench.store.nextDeadline(['w'], moment - 1)).toBe(moment + 10);
    expect(await bench.store.nextDeadline(['w', 'v'], moment - 1)).toBe(moment);
    expect(await bench.store.nextDeadline(['w', 'v'], moment)).toBe(moment + 10);
    expect(await bench.store.nextDeadline(['w'], moment + 30)).toBe(null);
    expect(await bench.store.nextDeadline(['u'], moment - 1)).toBe(null);
    expect(await bench.store.nextDeadline([], moment - 1)).toBe(null);
  });

  test('are found by their state, page by page', async () => {
    const groups = await bench.made(
      ...['a', 'b', 'c', 'd'].map((key, i) => groupRow(key, { state: i === 1 ? 'waiting' : 'archived' })),
      groupRow('e', { watchName: 'v', state: 'archived' }),
    );
    const page = async (states: readonly string[], after: number) =>
      (await bench.store.groupsInStates(['w'], states, after, 2)).map(({ groupKey }) => groupKey);
    expect(await page(['archived'], 0)).toEqual(['a', 'c']);
    expect(await page(['archived'], groups[2]?.id ?? 0)).toEqual(['d']);
    expect(await page(['archived', 'waiting'], 0)).toEqual(['a', 'b']);
    expect(await page([], 0)).toEqual([]);
  });

  test('are found by the rules that they were not judged by', async () => {
    await bench.made(
      groupRow('old', { rulesVersion: 'r1' }),
      groupRow('new', { rulesVersion: 'r2' }),
      groupRow('never judged', { rulesVersion: null }),
    );
    const { state } = groupRow('any');
    const found = async (rulesVersion: string | null) =>
      (await bench.store.groupsInStates(['w'], [state], 0, 10, rulesVersion)).map(({ groupKey }) => groupKey);
    expect(await found('r2')).toEqual(['old', 'never judged']);
    expect(await found(null)).toEqual(['old', 'new', 'never judged']);
  });

  test('have files in delivery, which are listed page by page', async () => {
    const components = Array.from({ length: 5 }, (_, i) => componentRow(`/d/${i}`, { inDelivery: i !== 1 }));
    await bench.made(groupRow('all', { components }), groupRow('other', { watchName: 'v' }));
    const one = await bench.store.deliveredFiles('w', 0, 3);
    const two = await bench.store.deliveredFiles('w', one.lastId, 3);
    const none = await bench.store.deliveredFiles('w', two.lastId, 3);
    const paths = [one, two, none].map(({ files }) => files.map(({ sourcePath }) => sourcePath));
    expect(paths).toEqual([['/d/0', '/d/2', '/d/3'], ['/d/4'], []]);
    expect(none.lastId).toBe(two.lastId);
    const ids = await bench.store.deliveredIds('w', 0, 9);
    expect(ids.map(({ isArchived }) => isArchived)).toEqual([false, false, false, false]);
    expect(await bench.store.deliveredIds('w', ids[2]?.id ?? 0, 9)).toEqual([ids[3]]);
    const all = ids.map(({ id }) => id);
    expect(await bench.store.newestFileId()).toBe(
      Math.max(...all, (await bench.store.deliveredIds('v', 0, 9))[0]?.id ?? 0),
    );
    const byId = await bench.store.deliveredById('w', [...all, 1_000_000]);
    expect(byId.map(({ sourcePath }) => sourcePath).toSorted()).toEqual(['/d/0', '/d/2', '/d/3', '/d/4']);
    expect(await bench.store.deliveredById('v', all)).toEqual([]);
    expect(await bench.store.deliveredById('w', [])).toEqual([]);
  });

  test('written again and again use up no ids of files', async () => {
    const newest = () => bench.store.newestFileId();
    const [made = groupRow('often')] = await bench.made(groupRow('often'));
    const first = await newest();
    for (let times = 0; times < 3; times += 1)
      await bench.store.commit([{ ...made, lockVersion: made.lockVersion + times }]);
    // One that leaves its group as another takes it is a new row.
    const [taken = componentRow('/none')] = made.components;
    await bench.store.commit([
      { ...made, lockVersion: made.lockVersion + 3, components: [], removedComponents: [taken.pathHash] },
      groupRow('other', { components: [taken, componentRow('/delivery/w/more')] }),
    ]);
    const ids = (await bench.store.deliveredIds('w', 0, 9)).map(({ id }) => id);
    expect(ids).toEqual([first + 1, first + 2]);
  });

  test('come in thousands', async () => {
    const groups = Array.from({ length: 3000 }, (_, i) => groupRow(`group ${i}`, { metadata: { a_text: `${i}` } }));
    const written = await bench.made(...groups);
    await bench.store.commit(written.map((group) => ({ ...group, state: 'archived', completes: true })));
    expect(
      await bench.store.knownFiles(groups.map(({ groupKey }) => stableKey(`/delivery/w/${groupKey}`))),
    ).toHaveProperty('size', 3000);
    const order = await bench.completedOrder();
    expect(order.map(([key]) => key)).toEqual(groups.map(({ groupKey }) => groupKey));
    expect(order.map(([, seq]) => seq)).toEqual(groups.map((_, i) => i + 1));
  });

  test('of no batch at all are no work', async () => {
    expect(await bench.store.commit([])).toEqual([]);
    expect((await bench.store.knownFiles([])).size).toBe(0);
    expect((await bench.store.groupsByKey([])).size).toBe(0);
  });
});
