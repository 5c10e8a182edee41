import { beforeEach, describe, expect, test, vi } from 'vitest';
import type {
  Attention,
  AttentionSection,
  GroupReport,
  Now,
  RulesReport,
  SearchForm,
  SearchPage,
} from '../../src/web/protocol.ts';
import { oldestGroup } from '../../src/store/read/oldest.ts';
import { archivedBetween } from '../../src/store/read/recent.ts';
import { readStatus } from '../../src/store/read/reports.ts';
import { Sql } from '../../src/store/database/sql.ts';
import { availableDrivers } from '../support/databases.ts';
import { componentRow, groupRow, moment } from '../support/rows.ts';
import { columns, useStore } from '../support/store.ts';
import { testApp, type TestApp } from '../support/web-app.ts';

const drivers = await availableDrivers();
const token = 'a-token-of-a-test-0123456789';
const authorized = { authorization: `Bearer ${token}` };
const hour = 3_600_000;
/** More than two pages of a search. */
const many = 120;

async function json<Answer>(answer: Promise<Response>): Promise<Answer> {
  const response = await answer;
  const said = await response.clone().text();
  expect(response.status, `at ${said}`).toBe(200);
  return (await response.json()) as Answer;
}

describe.each(drivers)('the status page on %s', (driver) => {
  const bench = useStore(driver);
  let page: TestApp;

  beforeEach(async () => {
    await bench.made(
      ...Array.from({ length: many }, (_, i) =>
        groupRow(`pass_${String(i).padStart(3, '0')}`, {
          state: i < 45 ? 'failed' : 'archived',
          reason: i < 45 ? `failure ${i}` : null,
          createdAt: moment - (i % 7) * hour,
          metadata: {
            a_word: i % 3 === 0 ? null : `word ${i % 5}`,
            a_datetime: i % 4 === 0 ? null : new Date(moment + (i % 6) * hour).toISOString(),
            a_decimal: i % 5 === 0 ? null : `${i % 11}.25`,
            a_bigint: i % 2 === 0 ? null : `${9_007_199_254_740_993n + BigInt(i % 4)}`,
            an_integer: i % 6 === 0 ? null : i % 7,
            a_float: i % 6 === 0 ? null : (i % 7) / 3,
            a_boolean: i % 8 === 0 ? null : i % 2 === 0,
          },
        }),
      ),
      groupRow('late', {
        watchName: 'other',
        state: 'waiting',
        createdAt: moment - 3 * hour,
        reason: 'waiting for .txt',
      }),
      groupRow('fresh', { watchName: 'other', state: 'waiting', createdAt: moment - 1000 }),
      groupRow('gone', { watchName: 'other', state: 'missing' }),
    );
    page = testApp(bench.store, columns, { token });
  });

  async function searchAll(query: string): Promise<readonly number[]> {
    const ids: number[] = [];
    let after = '';
    for (let pages = 0; pages < 10; pages += 1) {
      const found = await json<SearchPage>(page.get(`/api/search?${query}${after}`));
      ids.push(...found.rows.map(({ id }) => id));
      if (found.next === null) return ids;
      after = `&after=${found.next}`;
    }
    throw new Error('the pages do not end');
  }

  test.each([
    'id',
    '-id',
    'group_key',
    '-created_at',
    'a_word',
    '-a_datetime',
    'a_decimal',
    '-a_bigint',
    'an_integer',
    '-a_float',
    'a_boolean',
    'completed_seq',
  ])('a search in the order of %s gives each group once, over all pages', async (order) => {
    const ids = await searchAll(`order=${order}&watch_name=w`);
    expect(ids).toHaveLength(many);
    expect(new Set(ids).size).toBe(many);
    const whole = await json<{ id: number }[]>(page.get(`/api/search.json?order=${order}&watch_name=w&columns=id`));
    expect(ids).toEqual(whole.map(({ id }) => id));
  });

  test('a search takes the filters of the library, and says what is wrong with others', async () => {
    const found = await json<SearchPage>(
      page.get('/api/search?state=failed&group_key=pass_00%25&columns=group_key,a_bigint'),
    );
    expect(found.rows.map(({ cells }) => cells[0])).toHaveLength(10);
    expect(found.columns).toEqual([
      { name: 'group_key', type: 'text', isPlugin: false },
      { name: 'a_bigint', type: 'bigint', isPlugin: true },
    ]);
    expect(
      (await searchAll(`created_at_after=${new Date(moment - hour).toISOString()}&watch_name=w`)).length,
    ).toBeLessThan(many);
    const wrong = await page.get('/api/search?categry=x');
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ error: { code: 'USAGE', message: 'there is no filter "categry"' } });
    for (const bad of [
      'after=nonsense',
      'complete=perhaps',
      'order=nothing',
      'columns=nothing',
      'id=x',
      '__proto__=x',
    ]) {
      expect((await page.get(`/api/search?${bad}`)).status, `at ${bad}`).toBe(400);
    }
    const form = await json<SearchForm>(page.get('/api/search/form'));
    expect(form.filters.map(({ key }) => key)).toContain('a_decimal_min');
    expect(form.watches).toEqual(['w', 'other']);
  });

  test.each([
    ['id', ['x', 2 ** 40, 1.5, true, null]],
    ['group_key', [1, true, null, 'a\0b']],
    ['-created_at', ['x', 'yesterday', 1e20, -1e15, true, null]],
    ['a_word', [7, false]],
    ['-a_datetime', ['x', 1e300]],
    ['a_decimal', ['x', '', true, '1e9999']],
    ['-a_bigint', ['x', '', 1.5, '9'.repeat(19), true]],
    ['an_integer', ['x', 2 ** 40, 0.5]],
    ['a_float', ['x', true]],
    ['a_boolean', ['x', 2]],
    ['completed_seq', ['x', 2 ** 60]],
  ] as const)('a page behind one that cannot be in the order of %s is refused', async (order, values) => {
    const marks = [...values.map((value) => [1, value]), [2 ** 40, null], [1.5, null], [1], [1, [2]], {}];
    for (const mark of marks) {
      const after = Buffer.from(JSON.stringify(mark)).toString('base64url');
      const refused = await page.get(`/api/search?order=${order}&after=${after}`);
      expect(refused.status, `at ${JSON.stringify(mark)}: ${(await refused.clone().text()).slice(0, 100)}`).toBe(400);
      expect(await refused.json()).toMatchObject({
        error: { code: 'USAGE', message: 'the page that was asked for is unknown' },
      });
    }
    expect(page.failed).toEqual([]);
  });

  test('a section behind a group that cannot be in it is refused', async () => {
    for (const mark of [
      [1, 'x'],
      [1, null],
      [1, 1e20],
      [2 ** 40, moment],
      [1, true],
    ]) {
      const after = Buffer.from(JSON.stringify(mark)).toString('base64url');
      expect((await page.get(`/api/attention/failed?watch=w&after=${after}`)).status, `at ${String(mark)}`).toBe(400);
    }
    expect(page.failed).toEqual([]);
  });

  test('a download has all rows, as CSV and as JSON', async () => {
    const csv = await page.get('/api/search.csv?watch_name=w&columns=group_key,state&order=id');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = (await csv.text()).trimEnd().split('\n');
    expect(lines.slice(0, 2)).toEqual(['group_key,state', 'pass_000,failed']);
    expect(lines).toHaveLength(many + 1);
    expect(await json(page.get('/api/search.json?group_key=nothing'))).toEqual([]);
  });

  test('what needs a person is listed by cause and watch, the oldest first, a page at a time', async () => {
    const { sections } = await json<Attention>(page.get('/api/attention'));
    expect(sections.map(({ cause, watchName, count }) => [cause, watchName, count])).toEqual([
      ['failed', 'w', 45],
      ['missing', 'other', 1],
      ['late', 'other', null],
    ]);
    expect(sections[2]?.groups.map(({ groupKey }) => groupKey)).toEqual(['late']);
    expect(sections.map(({ actions }) => actions)).toEqual([['retry'], [], []]);
    const seen: number[] = [];
    let section = sections[0];
    while (section !== undefined) {
      seen.push(...section.groups.map(({ id }) => id));
      const times = section.groups.map(({ createdAt }) => createdAt);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      section =
        section.next === null
          ? undefined
          : await json<AttentionSection>(page.get(`/api/attention/failed?watch=w&after=${section.next}`));
    }
    expect(new Set(seen).size).toBe(45);
    expect(seen).toHaveLength(45);
    expect((await page.get('/api/attention/failed?watch=nothing')).status).toBe(400);
    expect((await page.get('/api/attention/constructor?watch=w')).status).toBe(400);
  });

  test('what was archived lately is what was archived before the service began to count', async () => {
    const archived = (name: string, archivedAt: number) =>
      groupRow(name, {
        watchName: 'third',
        state: 'archived',
        components: [componentRow(`/third/${name}`, { watchName: 'third', status: 'archived', archivedAt })],
      });
    await bench.made(...[-5000, -1, 0, 1].map((ms) => archived(`at ${ms}`, moment + ms)));
    expect(await archivedBetween(bench.store.sql, moment - 1000, moment)).toEqual([{ watchName: 'third', files: 1 }]);
    expect(await archivedBetween(bench.store.sql, moment - 5000, moment + 1)).toEqual([
      { watchName: 'third', files: 3 },
    ]);
  });

  test('a group that was delivered again is as old as its present revision', async () => {
    const again = (groupKey: string, watchName: string) =>
      groupRow(groupKey, {
        watchName,
        state: 'waiting',
        revision: 2,
        createdAt: moment - 9000 * hour,
        stateSince: moment - 600_000,
        envelope: {
          machine: 'file-group',
          version: 1,
          snapshot: { value: 'waiting', context: { firstSeenAt: moment - 600_000 } },
          savedAt: moment,
        },
      });
    const fresh = groupRow('b', { watchName: 'third', state: 'waiting', createdAt: moment - 300_000 });
    await bench.made(again('a', 'third'), fresh, again('a', 'other'));
    const { watchGroups, oldestIncomplete } = await readStatus(bench.store.sql, moment);
    const oldestOf = (watch: string) => watchGroups.find(({ watchName }) => watchName === watch)?.oldestAt;
    expect(oldestOf('third')).toBe(moment - 600_000);
    expect(oldestIncomplete).toMatchObject({ watchName: 'other', groupKey: 'late', since: moment - 3 * hour });
    const { sections } = await json<Attention>(page.get('/api/attention'));
    expect(sections.find(({ cause }) => cause === 'late')?.groups.map(({ groupKey }) => groupKey)).toEqual(['late']);
  });

  test('the oldest group is found behind many that were delivered again', async () => {
    const again = Array.from({ length: 120 }, (_, i) =>
      groupRow(`again ${i}`, {
        watchName: 'third',
        state: 'waiting',
        revision: 2,
        createdAt: moment - 9000 * hour,
        envelope: {
          machine: 'file-group',
          version: 1,
          snapshot: { value: 'waiting', context: { firstSeenAt: moment - i } },
          savedAt: moment,
        },
      }),
    );
    const createdAt = moment - 5 * hour;
    await bench.made(...again, groupRow('first', { watchName: 'third', state: 'waiting', createdAt }));
    expect(await oldestGroup(bench.store.sql, 'third', 'waiting')).toMatchObject({
      groupKey: 'first',
      since: createdAt,
    });
  });

  test('a file that failed its checks needs a person, also while its group waits for others', async () => {
    const bad = componentRow('/delivery/other/bad.txt', { watchName: 'other', status: 'integrity_failed' });
    await bench.made(groupRow('bad', { watchName: 'other', state: 'waiting', createdAt: moment, components: [bad] }));
    const { sections } = await json<Attention>(page.get('/api/attention'));
    const section = sections.find(({ cause }) => cause === 'integrity_failed');
    expect(section).toMatchObject({ watchName: 'other', count: 1, actions: ['retry'] });
    expect(section?.groups.map(({ groupKey }) => groupKey)).toEqual(['bad']);
    const { watches } = await json<Now>(page.get('/api/now'));
    expect(watches.find(({ name }) => name === 'other')).toMatchObject({ attention: 2, health: 'failing' });
    const order = { ids: section?.groups.map(({ id }) => id) };
    expect(await json(page.post('/api/retry', order, authorized))).toEqual({ groups: 1 });
    const all = { state: 'integrity_failed', watchName: 'other' };
    expect(await json(page.post('/api/retry', all, authorized))).toEqual({ groups: 1 });
  });

  test('files that failed their checks are listed by the age of their groups, whether these wait for others or not', async () => {
    const failed = Array.from({ length: 50 }, (_, i) =>
      groupRow(`bad_${i}`, {
        watchName: 'other',
        state: i % 3 === 0 ? 'waiting' : 'integrity_failed',
        createdAt: moment - Math.floor(i / 2) * hour,
        components: [componentRow(`/delivery/other/bad_${i}`, { watchName: 'other', status: 'integrity_failed' })],
      }),
    );
    const made = await bench.made(...failed);
    const asked = vi.spyOn(Sql.prototype, 'all');
    const seen: number[] = [];
    for (let after = ''; ;) {
      const path = `/api/attention/integrity_failed?watch=other${after}`;
      const { groups, next } = await json<AttentionSection>(page.get(path));
      seen.push(...groups.map(({ id }) => id));
      if (next === null) break;
      after = `&after=${next}`;
    }
    const statements = asked.mock.calls.filter(([text]) => text.includes('order by files.'));
    asked.mockRestore();
    const byAge = made.toSorted((a, b) => a.createdAt - b.createdAt || Number(a.id) - Number(b.id));
    expect(seen).toEqual(byAge.map(({ id }) => id));
    if (driver !== 'sqlite') return;
    const plans = statements.map(([text, params]) => bench.store.sql.all(`explain query plan ${text}`, params));
    const details = (await Promise.all(plans)).flat().map((row) => String(row['detail']));
    // What is not sorted has been read in its order, and no further than the page.
    expect(details).not.toContainEqual(expect.stringContaining('TEMP B-TREE'));
  });

  test('retry makes only those due that the chart lets a person try again', async () => {
    const due = async () => (await bench.store.sql.all('select group_key from files where due_at is not null')).length;
    const { sections } = await json<Attention>(page.get('/api/attention'));
    const [failed, missing, late] = sections.map(({ groups }) => groups.map(({ id }) => id));
    const order = { ids: [failed?.[0], missing?.[0], late?.[0]] };
    expect(await json(page.post('/api/retry', order, authorized))).toEqual({ groups: 1 });
    expect(await due()).toBe(1);
    expect(page.looks()).toBe(1);
    expect(await json(page.post('/api/retry', { state: 'failed', watchName: 'w' }, authorized))).toEqual({
      groups: 45,
    });
    expect(await due()).toBe(45);
    for (const wrong of [{}, { ids: [] }, { state: 'waiting', watchName: 'other' }, [], null, 'x']) {
      expect((await page.post('/api/retry', wrong, authorized)).status, `at ${JSON.stringify(wrong)}`).toBe(400);
    }
    expect(await due()).toBe(45);
    // A name is a name, not a pattern.
    const all = (watchName: string) => json(page.post('/api/retry', { state: 'failed', watchName }, authorized));
    expect(await all('%')).toEqual({ groups: 0 });
    await bench.made(groupRow('p', { watchName: '100 %', state: 'failed' }));
    expect(await all('100 %')).toEqual({ groups: 1 });
    expect(await all('100 %%')).toEqual({ groups: 0 });
  });

  test('a group is shown with its files, its steps and what the rules said', async () => {
    const facts = JSON.stringify({
      decision: {
        outcome: 'rejected',
        ruleSet: 'r',
        rulesVersion: 'abc',
        selection: [{ rule: 'selection block 1', holds: false, reason: 'a_word is missing' }],
        routing: [],
        archive: null,
        directory: null,
      },
    });
    const step = { reason: null, revision: 1, attempt: 0, rulesVersion: 'abc', node: 'here', facts: null };
    await bench.made(
      groupRow('<b>bold', {
        state: 'not_selected',
        reason: 'a_word is missing',
        metadata: { a_word: '<script>' },
        components: [componentRow('/delivery/w/<b>bold', { sha256: 'f'.repeat(64) })],
        transitions: [
          { ...step, at: moment, fromState: null, toState: 'assessing', event: 'files.settled' },
          { ...step, at: moment + 50, fromState: 'assessing', toState: 'deciding', event: 'assessComponents.done' },
          { ...step, at: moment + 70, fromState: 'deciding', toState: 'not_selected', event: 'decide.done', facts },
        ],
      }),
    );
    const found = await json<SearchPage>(page.get('/api/search?state=not_selected'));
    const id = found.rows[0]?.id ?? 0;
    const group = await json<GroupReport>(page.get(`/api/groups/${id}`));
    expect(group).toMatchObject({
      groupKey: '<b>bold',
      state: 'not_selected',
      actions: ['retry'],
      components: [{ name: '<b>bold', sha256: 'f'.repeat(64), inDelivery: true }],
      decision: { selection: [{ rule: 'selection block 1', holds: false }] },
      hasMoreSteps: false,
      hasMoreComponents: false,
      history: "carbonation history --watch-name w -- '<b>bold'",
    });
    expect(group.steps.map(({ to, stayedMs }) => [to, stayedMs])).toEqual([
      ['not_selected', null],
      ['deciding', 20],
      ['assessing', 50],
    ]);
    expect(group.metadata).toContainEqual({ name: 'a_word', value: '<script>' });
    const chart = await page.get(`/api/groups/${id}/chart.svg`);
    expect(chart.headers.get('content-type')).toBe('image/svg+xml');
    const svg = await chart.text();
    expect(svg).toContain('&lt;b&gt;bold');
    expect(svg).not.toContain('<b>bold');
    expect((await page.get('/api/groups/999999')).status).toBe(404);
    expect((await page.get('/api/groups/9999999999')).status).toBe(404);
    expect((await page.get('/api/groups/999999/chart.svg')).status).toBe(404);
    const nowhere = await page.get('/groups/nowhere');
    expect([nowhere.status, await nowhere.text()]).toEqual([404, expect.stringContaining('There is no such page')]);
  });

  test('the rules count the decisions by them, and none that other rules in their place have taken', async () => {
    const { version } = await json<RulesReport>(page.get('/api/rules'));
    const decided = (rulesVersion: string, holds: boolean) => {
      const selection = [{ rule: 'selection block 1', holds, reason: 'as it is' }];
      const decision = { outcome: 'accepted', ruleSet: 'r', rulesVersion, selection, routing: [], archive: null };
      const facts = JSON.stringify({ decision: { ...decision, directory: null } });
      const step = { fromState: 'deciding', toState: 'transferring', event: 'decide.done', at: moment } as const;
      return { ...step, reason: null, revision: 1, attempt: 0, rulesVersion, node: 'here', facts };
    };
    await bench.made(
      groupRow('now', { transitions: [decided(version, true)] }),
      groupRow('before', { transitions: [decided('former', false)] }),
    );
    expect(await json<RulesReport>(page.get('/api/rules'))).toMatchObject({
      decisions: 1,
      sets: [{ name: 'r', selection: [{ held: 1, asked: 1 }] }],
    });
  });

  test('metrics count groups by watch and state', async () => {
    const text = await (await page.get('/metrics')).text();
    expect(text).toContain('carbonation_groups{watch="w",state="failed"} 45');
    expect(text).toContain('carbonation_groups{watch="other",state="waiting"} 2');
    expect(text).toContain('carbonation_database_up 1');
  });
});
