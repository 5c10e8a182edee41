import { describe, expect, test, vi } from 'vitest';

import { misfits } from '../../src/store/schema/introspect.ts';
import { judgedGroups } from '../../src/store/read/judged.ts';
import { NotifyStore } from '../../src/store/index.ts';
import { Sql } from '../../src/store/database/sql.ts';
import { availableDrivers } from '../support/databases.ts';
import { groupRow, stepRow } from '../support/rows.ts';
import { useStore } from '../support/store.ts';

/** SQLite chooses by what it is told alone: it knows nothing of how many rows have a value. */
describe('what a service reads again and again, on sqlite', () => {
  const bench = useStore('sqlite');

  /** How SQLite finds the rows of all that a call reads. */
  async function plansOf(call: () => Promise<unknown>): Promise<string> {
    const { sql } = bench.store;
    const all = vi.spyOn(Sql.prototype, 'all');
    await call();
    const read = all.mock.calls.map(([text, params]) => [text, params] as const);
    all.mockRestore();
    const plans = await Promise.all(read.map(([text, params]) => sql.all(`explain query plan ${text}`, params)));
    return plans
      .flat()
      .map((row) => String(row['detail']))
      .join('\n');
  }

  test('the next deadline and what is due are found without a look at the groups that have none', async () => {
    for (const call of [
      () => bench.store.nextDeadline(['w', 'v'], 1000),
      () => bench.store.dueGroups(['w', 'v'], 1000, 10),
      () => bench.store.groupsDueBehind(['w', 'v'], 1000, 10),
    ]) {
      const plan = await plansOf(call);
      expect(plan).toContain('files_due_at_index');
      expect(plan).not.toContain('TEMP B-TREE');
    }
  });

  test('a page of the groups in a state does not sort all that are left', async () => {
    const plan = await plansOf(() => bench.store.groupsInStates(['w'], ['waiting'], 1, 10));
    expect(plan).toContain('files_state_watch_name_created_at_index');
    expect(plan).not.toContain('TEMP B-TREE');
  });

  test('a look for events reads the history from its place on, and of a group no more than its own steps', async () => {
    const outbox = new NotifyStore(bench.orm, 'sqlite');
    const place = { transitionId: 0, watchEventId: 0 };
    const on = ['archived', 'failed', 'timed_out'] as const;
    await bench.made(groupRow('a', { transitions: [stepRow('failed', 'extracting')] }));
    for (const watch of [null, 'w']) {
      const plan = await plansOf(() => outbox.after(place, { on, watch }, 10));
      expect(plan).toContain('SEARCH t USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)');
      expect(plan).toContain('SEARCH f USING INTEGER PRIMARY KEY (rowid=?)');
      expect(plan).toContain('SEARCH l USING INDEX group_transitions_group_id_index (group_id=? AND rowid<?)');
      expect(plan).not.toContain('TEMP B-TREE');
    }
  });
});

describe.runIf((await availableDrivers()).includes('postgresql'))('what is read in pages, on postgresql', () => {
  const bench = useStore('postgresql');

  test('a page of judged groups reads only the snapshots of its groups', async () => {
    const { sql } = bench.store;
    const groups = 20_000;
    await bench.made(groupRow('a', { complete: true }));
    await sql.run(
      `insert into files (watch_name, group_key, key_hash, state, state_since, complete, created_at, modified_at)
        select 'w', i::text, i::text, 'archived', now(), true, now(), now() from generate_series(1, ${groups}) i`,
    );
    await sql.run(
      `insert into actor_snapshots (group_id, machine, version, snapshot, saved_at)
        select id, 'file-group', 2, '{"context":{}}', now() from files where group_key <> 'a'`,
    );
    for (const table of ['files', 'actor_snapshots']) await sql.run(`vacuum analyze ${table}`);
    const all = vi.spyOn(Sql.prototype, 'all');
    let found = 0;
    for await (const page of judgedGroups(sql)) found += page.length;
    const read = all.mock.calls.map(([text, params]) => [text, params] as const);
    all.mockRestore();
    expect(found).toBe(groups + 1);
    const [text, params] = read[Math.floor(read.length / 2)] ?? [''];
    const plan = await sql.all(`explain (analyze, costs off, timing off) ${text}`, params);
    const snapshots = plan.map((row) => String(row['QUERY PLAN'])).find((line) => line.includes(' on actor_snapshots'));
    const [, rows, loops] = /rows=([\d.]+) loops=(\d+)/.exec(snapshots ?? '') ?? [];
    const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(Number(rows) * Number(loops), `in ${lines}`).toBeLessThan(1000);
  });
});

describe.runIf((await availableDrivers()).includes('mariadb'))(
  'what every command reads at its start, on mariadb',
  () => {
    const bench = useStore('mariadb');

    test('the columns of the table files are read without a look at the tables of other databases', async () => {
      const { sql } = bench.store;
      const all = vi.spyOn(Sql.prototype, 'all');
      await misfits(sql, {});
      const [[text] = ['']] = all.mock.calls;
      all.mockRestore();
      const steps = (await sql.all(`explain ${text}`)).map((row) => String(row['Extra']));
      expect(steps.length).toBeGreaterThan(0);
      expect(steps.filter((step) => !step.includes('Scanned 0 databases'))).toEqual([]);
    });
  },
);
