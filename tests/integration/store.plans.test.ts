import { describe, expect, test, vi } from 'vitest';

import { useStore } from '../support/store.ts';

/** SQLite chooses by what it is told alone: it knows nothing of how many rows have a value. */
describe('what a service reads again and again, on sqlite', () => {
  const bench = useStore('sqlite');

  /** How SQLite finds the rows of all that a call reads. */
  async function plansOf(call: () => Promise<unknown>): Promise<string> {
    const { sql } = bench.store;
    const all = vi.spyOn(sql, 'all');
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
      () => bench.store.nextDeadline(['w', 'v']),
      () => bench.store.dueGroups(['w', 'v'], 1000, 10),
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
});
