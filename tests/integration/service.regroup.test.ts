import { mkdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { GroupStore, type StoredGroup } from '../../src/store/index.ts';
import { reconcileArchive } from '../../src/service/index.ts';
import { auditOrder, wholeOrder } from '../support/audit-order.ts';
import { collectLog, shiftedClock, TestProject, until } from '../support/project.ts';

const json = JSON.stringify({ start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'alpha' });

/** `a.meta.json` belongs to `a.txt`, not to a group `a.meta`. */
const severalDots = (rules: string) =>
  rules
    .replace('expected_extensions = [".txt", ".json"]', 'expected_extensions = [".txt", ".meta.json"]')
    .replace('primary_extension = ".json"', 'primary_extension = ".meta.json"');

/** Every file is a group of its own, and nothing is read from it. */
const alone = (rules: string) => rules.replace(/^\[my-rules\.completeness\][^]*/m, '');

/** A plugin that groups by what comes before the first dot, writes down what it was asked, and can be broken. */
const grouping = `
import { appendFileSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { definePlugin } from 'carbonation';
import { sample } from './extractors.ts';
import { File } from './model.ts';
import { shouldArchive } from './rules.ts';

const project = join(import.meta.dirname, '..', '..');
export default definePlugin({
  fileModel: File,
  extractors: { sample },
  selectionFunctions: { should_archive: shouldArchive },
  groupFunctions: {
    first_part: ({ filePath }) => {
      appendFileSync(join(project, 'asked'), basename(filePath) + '\\n');
      if (existsSync(join(project, 'broken'))) throw new Error('broken');
      return basename(filePath).split('.')[0] ?? null;
    },
  },
  migrationsPath: join(import.meta.dirname, '..', 'migrations'),
});
`;

/** A group of a watch that is not configured. */
const groupOfNobody: StoredGroup = {
  id: 0,
  watchName: 'nobody',
  groupKey: 'a',
  keyHash: 'a',
  state: 'not_selected',
  lockVersion: 1,
  dueAt: null,
  stateSince: 0,
  envelope: { machine: 'file-group', version: 1, snapshot: {}, savedAt: 0 },
};

/** Any file, archived under its watch's name. */
const anyFile = (config: string) =>
  config.replace('["*.txt", "*.json"]', '["*"]').replace(/^destination = .*$/m, 'destination = "{watch_name}"');

async function states(project: TestProject): Promise<Readonly<Record<string, unknown>>> {
  const rows = await project.rows('select group_key, state from files order by group_key');
  return Object.fromEntries(rows.map(({ group_key, state }) => [String(group_key), state]));
}

/** Each file with its group and status. */
async function files(project: TestProject): Promise<readonly string[]> {
  const rows = await project.rows(
    'select filename, status, group_key from file_components c join files f on f.id = c.group_id order by filename',
  );
  return rows.map(({ filename, status, group_key }) => `${String(filename)} ${String(group_key)} ${String(status)}`);
}

/** A project whose rules archive each file by itself, and rules that group them. */
async function filesAlone(how: Partial<Parameters<typeof TestProject.create>[0]> = {}) {
  const project = await TestProject.create({ config: anyFile, ...how });
  const good = (await readFile(project.path('rules.toml'), 'utf8')).replace(/^\[my-rules\.metadata\][^]*/m, '');
  await writeFile(project.path('rules.toml'), alone(good));
  return { project, good };
}

describe('groups of a watch whose directory is another one now', () => {
  it.each([
    ['another one', 'incoming'],
    ['the one above, which is not read below', '.'],
  ])('keep their files and their names, also when the rules are others (%s)', async (_, path) => {
    const project = await TestProject.create({
      rules: (rules) => rules.replace('has_keys = ["category"]', 'has_keys = ["nothing"]'),
    });
    await project.deliver('a.txt', 'waits for its json');
    await project.deliverGroup('b');
    await project.runOnce();
    const before = ['a.txt a waiting', 'b.json b not_selected', 'b.txt b not_selected'];
    expect(await files(project)).toEqual(before);
    await mkdir(project.path('incoming'));
    await project.edit('config.toml', (config) => config.replace('path = "delivery"', `path = "${path}"`));
    await project.edit('rules.toml', (rules) => `${rules}\n# other rules\n`);
    await project.runOnce();
    expect(await files(project)).toEqual(before);
    expect(await states(project)).toEqual({ a: 'waiting', b: 'not_selected' });
  });
});

describe('groups that other rules would make otherwise', () => {
  it('are made anew in the next run: each file is in one group, and goes back when the rules do', async () => {
    const project = await TestProject.create();
    await project.deliver('a.meta.json', json);
    await project.deliver('a.txt', 'the text of a');
    await project.deliver('b.meta.json', json);
    await project.runOnce();
    expect(await files(project)).toEqual([
      'a.meta.json a.meta waiting',
      'a.txt a waiting',
      'b.meta.json b.meta waiting',
    ]);
    await project.edit('rules.toml', severalDots);
    const report = await project.runOnce();
    expect(report).toMatchObject({ outcome: 'stopped', archived: 1 });
    expect(await files(project)).toEqual(['a.meta.json a archived', 'a.txt a archived', 'b.meta.json b waiting']);
    expect(await states(project)).toEqual({ a: 'archived', 'a.meta': 'cleared', b: 'waiting', 'b.meta': 'cleared' });
    expect(await project.archived()).toEqual(['alpha/20260101/a.meta.json', 'alpha/20260101/a.txt']);

    await project.edit('rules.toml', (text) => text.replaceAll('.meta.json', '.json'));
    await project.deliver('b.meta.txt', 'the text of b');
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    // What was archived stays in the group that it was archived in.
    expect(await files(project)).toEqual([
      'a.meta.json a archived',
      'a.txt a archived',
      'b.meta.json b.meta archived',
      'b.meta.txt b.meta archived',
    ]);
    expect(await states(project)).toMatchObject({ a: 'archived', b: 'cleared', 'b.meta': 'archived' });
  });

  it('are made anew, also those that reconciliation has assessed again because they are stale', async () => {
    const project = await TestProject.create({
      config: (text) => anyFile(text).replace('[service]', '[service]\nstale_threshold = "0.001s"'),
    });
    const names = Array.from({ length: 20 }, (_, i) => `f${i}.txt`);
    for (const name of names) await project.deliver(name, `the text of ${name}`);
    expect(await project.runOnce()).toMatchObject({ waiting: 20 });
    await project.edit('rules.toml', alone);
    expect(await project.runOnce()).toMatchObject({ archived: 20 });
    expect(await project.archived()).toHaveLength(20);
  });

  it.each(['not_selected', 'integrity_failed'])('are made anew where they were left %s', async (state) => {
    const project = await TestProject.create({ config: anyFile });
    const good = (await readFile(project.path('rules.toml'), 'utf8')).replace(/^\[my-rules\.metadata\][^]*/m, '');
    const refusing =
      state === 'not_selected'
        ? `${alone(good)}\n[[my-rules.selection]]\nhas_keys = ["nothing_has_this"]\n`
        : alone(good).replace('value = 10', 'value = 1000');
    await writeFile(project.path('rules.toml'), refusing);
    await project.deliver('a.json', json);
    await project.deliver('a.txt', 'the text of a');
    await project.runOnce();
    expect(await states(project)).toEqual({ 'a.json': state, 'a.txt': state });
    await writeFile(project.path('rules.toml'), good);
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    expect(await files(project)).toEqual(['a.json a archived', 'a.txt a archived']);
    expect(await states(project)).toEqual({ a: 'archived', 'a.json': 'cleared', 'a.txt': 'cleared' });
  });

  it.each(['copy', 'move'])(
    'get what is delivered again, and what was archived before stays known (%s)',
    async (action) => {
      const { project, good } = await filesAlone({
        config: (text) => anyFile(text).replace(/^action = .*$/m, `action = "${action}"`),
      });
      await project.deliver('a.json', json);
      await project.deliver('a.txt', 'the text of a');
      expect(await project.runOnce()).toMatchObject({ archived: 2 });
      await writeFile(project.path('rules.toml'), good);
      await project.deliver('a.json', `${json} `);
      await project.deliver('a.txt', 'the second text of a');
      expect(await project.runOnce()).toMatchObject({ waiting: 0, failed: 0 });
      expect(await files(project)).toEqual(['a.json a archived', 'a.txt a archived']);
      expect(await states(project)).toEqual({ a: 'archived', 'a.json': 'archived', 'a.txt': 'archived' });
      expect(await project.archived()).toHaveLength(4);
      const formerCopies =
        'select group_key, size_bytes from former_copies c join files f on f.id = c.group_id order by group_key';
      expect(await project.rows(formerCopies)).toEqual([
        { group_key: 'a.json', size_bytes: json.length },
        { group_key: 'a.txt', size_bytes: 'the text of a'.length },
      ]);

      const order = async () =>
        reconcileArchive(await project.open(), auditOrder, { log: collectLog(), signal: new AbortController().signal });
      expect(await order()).toMatchObject({
        problems: [],
        counts: { found: 4, verified: 4, created: 0, missing: 0, damaged: 0 },
      });
      expect(await states(project)).toEqual({ a: 'archived', 'a.json': 'archived', 'a.txt': 'archived' });
      expect(await project.runOnce()).toMatchObject({ archived: 0, waiting: 0 });
    },
  );

  it.each(['copy', 'move'])(
    'keep what is delivered again also where the former group is told a moment later that its copy is lost (%s)',
    async (action) => {
      const { project, good } = await filesAlone({
        config: (text) => anyFile(text).replace(/^action = .*$/m, `action = "${action}"`),
      });
      await project.deliver('a.json', json);
      await project.deliver('a.txt', 'the text of a');
      await project.runOnce();
      await rm(project.path('archive/my-watch/a.txt'));
      const look = vi.spyOn(GroupStore.prototype, 'groupsByKey');
      look.mockImplementationOnce(async function (this: GroupStore, keyHashes) {
        look.mockRestore();
        await writeFile(project.path('rules.toml'), good);
        await project.deliver('a.json', `${json} `);
        await project.deliver('a.txt', 'the second text of a');
        await project.runOnce();
        return this.groupsByKey(keyHashes);
      });
      await reconcileArchive(await project.open(), wholeOrder, {
        log: collectLog(),
        signal: new AbortController().signal,
      });
      expect(await files(project)).toEqual(['a.json a archived', 'a.txt a archived']);
      expect(await states(project)).toMatchObject({ a: 'archived', 'a.json': 'archived' });
      expect(await project.runOnce()).toMatchObject({ archived: 0, waiting: 0 });
    },
  );

  it('get what is delivered again while the service runs, and nothing of it times out', async () => {
    const project = await TestProject.create({ config: anyFile });
    const good = (await readFile(project.path('rules.toml'), 'utf8'))
      .replace(/^\[my-rules\.metadata\][^]*/m, '')
      .replace(/^timeout_minutes = .*$/m, 'timeout_minutes = 0.01')
      .replace(/^on_timeout = .*$/m, 'on_timeout = "skip"');
    await writeFile(project.path('rules.toml'), alone(good));
    await project.deliver('a.json', json);
    await project.deliver('a.txt', 'the text of a');
    await project.runOnce();
    await writeFile(project.path('rules.toml'), good);
    const service = await project.start();
    await project.deliver('a.json', `${json} `);
    await project.deliver('a.txt', 'the second text of a');
    await until('the group of the new rules is archived', async () => (await states(project))['a'] === 'archived');
    await service.stop();
    expect(await states(project)).toEqual({ a: 'archived', 'a.json': 'archived', 'a.txt': 'archived' });
    expect(await files(project)).toEqual(['a.json a archived', 'a.txt a archived']);
  });

  it('are made anew when they are tried again under other rules', async () => {
    const { project, good } = await filesAlone();
    // No directory can be made in its place.
    await writeFile(project.path('archive'), 'a file');
    await project.deliver('a.json', json);
    await project.deliver('a.txt', 'the text of a');
    await project.runOnce();
    expect(await states(project)).toEqual({ 'a.json': 'retry_pending', 'a.txt': 'retry_pending' });
    await unlink(project.path('archive'));
    await writeFile(project.path('rules.toml'), good);
    expect(await project.runOnce({ clock: shiftedClock(3_600_000) })).toMatchObject({ archived: 1, waiting: 0 });
    expect(await files(project)).toEqual(['a.json a archived', 'a.txt a archived']);
    expect(await states(project)).toEqual({ a: 'archived', 'a.json': 'cleared', 'a.txt': 'cleared' });
  });

  it('are made anew in the same run when they are tried again and a plugin is to say where, also by a slow database', async () => {
    const { project, good } = await filesAlone({ plugin: grouping });
    await writeFile(project.path('archive'), 'a file');
    for (const [name, text] of [
      ['a.json', json],
      ['a.txt', 'the text of a'],
    ] as const)
      await project.deliver(name, text);
    await project.runOnce();
    await unlink(project.path('archive'));
    await writeFile(
      project.path('rules.toml'),
      good.replace('group_by = "stem"', 'group_by = "plugin"\ngroup_function = "first_part"'),
    );
    const real = GroupStore.prototype.groupsByKey;
    const lookUps = vi.spyOn(GroupStore.prototype, 'groupsByKey').mockImplementation(async function (
      this: GroupStore,
      ...asked
    ) {
      // Everything else is answered meanwhile.
      for (let i = 0; i < 200; i += 1) await turn();
      return await real.apply(this, asked);
    });
    onTestFinished(() => lookUps.mockRestore());
    expect(await project.runOnce({ clock: shiftedClock(3_600_000) })).toMatchObject({ archived: 1, waiting: 0 });
    expect(await files(project)).toEqual(['a.json a archived', 'a.txt a archived']);
  });

  it('are left as they are when what is delivered again is what was archived', async () => {
    const { project, good } = await filesAlone();
    await project.deliver('a.json', json);
    await project.runOnce();
    await writeFile(project.path('rules.toml'), good);
    await project.deliver('a.json', json);
    expect(await project.runOnce()).toMatchObject({ waiting: 0 });
    expect(await states(project)).toEqual({ 'a.json': 'archived' });
  });

  it('are made anew where they were given up', async () => {
    const project = await TestProject.create({
      rules: (text) => text.replace(/^on_timeout = .*$/m, 'on_timeout = "skip"'),
    });
    await project.deliver('a.meta.json', json);
    await project.deliver('a.txt', 'the text of a');
    await project.runOnce();
    const clock = shiftedClock(2 * 3_600_000);
    await project.runOnce({ clock });
    expect(await states(project)).toEqual({ a: 'timed_out', 'a.meta': 'timed_out' });
    await project.edit('rules.toml', severalDots);
    expect(await project.runOnce({ clock })).toMatchObject({ archived: 1 });
    expect(await files(project)).toEqual(['a.meta.json a archived', 'a.txt a archived']);
  });

  it('are made anew by a plugin that could not say it before they were assessed again, and that is asked no more then', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('[service]', '[service]\nstale_threshold = "0.001s"'),
      plugin: grouping,
    });
    for (const name of ['a.meta.json', 'b.meta.json']) await project.deliver(name, json);
    await project.deliver('a.txt', 'the text of a');
    expect(await project.runOnce()).toMatchObject({ waiting: 3 });
    await project.edit('rules.toml', (text) =>
      severalDots(text).replace('group_by = "stem"', 'group_by = "plugin"\ngroup_function = "first_part"'),
    );
    await writeFile(project.path('broken'), '');
    expect(await project.runOnce()).toMatchObject({ archived: 0 });
    expect(await states(project)).toEqual({ a: 'waiting', 'a.meta': 'waiting', 'b.meta': 'waiting' });
    await unlink(project.path('broken'));
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    const grouped = ['a.meta.json a archived', 'a.txt a archived', 'b.meta.json b waiting'];
    expect(await files(project)).toEqual(grouped);

    await writeFile(project.path('asked'), '');
    await project.runOnce();
    expect(await readFile(project.path('asked'), 'utf8')).toBe('');
    expect(await files(project)).toEqual(grouped);
  });

  it('are made anew when their watch gets another rule set, of rules that are the same as before', async () => {
    const project = await TestProject.create();
    await project.edit('rules.toml', (text) => `${text}\n${severalDots(text).replaceAll('my-rules', 'other-rules')}`);
    await project.deliver('a.meta.json', json);
    await project.deliver('a.txt', 'the text of a');
    await project.runOnce();
    expect(await states(project)).toEqual({ a: 'waiting', 'a.meta': 'waiting' });
    await project.edit('config.toml', (text) => text.replace('rules = "my-rules"', 'rules = "other-rules"'));
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    expect(await files(project)).toEqual(['a.meta.json a archived', 'a.txt a archived']);
  });

  it('leave nothing of a file behind that a later failure of its former group could claim', async () => {
    const project = await TestProject.create({
      config: (text) =>
        anyFile(text)
          .replace('[service]', '[service]\nmax_retries = 0')
          .replace('[[archive]]', '[[archive]]\non_conflict = "fail"'),
    });
    await project.deliver('x.txt', 'the text of x');
    await project.runOnce();
    await project.edit('rules.toml', alone);
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    const record =
      "select archive_path, sha256, status, in_archive, group_id from file_components where filename = 'x.txt'";
    const before = await project.rows(record);
    expect(before).toMatchObject([{ status: 'archived', in_archive: 1 }]);
    // A file "x" belongs to the group "x", in which x.txt once waited; its name is taken in the archive.
    const [path] = before.map(({ archive_path }) => String(archive_path));
    await writeFile(String(path).replace(/x\.txt$/, 'x'), 'something else is there');
    await project.deliver('x', 'the content of x');
    expect(await project.runOnce()).toMatchObject({ failed: 1 });
    expect(await project.rows(record)).toEqual(before);
  });

  it('are made anew while the service runs, also the one whose file is gone meanwhile', async () => {
    const project = await TestProject.create();
    const service = await project.start();
    for (const name of ['a', 'b']) await project.deliver(`${name}.meta.json`, json);
    await project.deliver('a.txt', 'the text of a');
    await until('they wait', async () => {
      const found = await states(project);
      return ['a', 'a.meta', 'b.meta'].every((key) => found[key] === 'waiting');
    });
    await unlink(project.path('delivery/b.meta.json'));
    await project.edit('rules.toml', severalDots);
    await until('the new group is archived', async () => (await states(project))['a'] === 'archived');
    await until('the former ones are cleared', async () => {
      const found = await states(project);
      return found['a.meta'] === 'cleared' && found['b.meta'] === 'cleared';
    });
    await service.stop();
    expect(await files(project)).toEqual(['a.meta.json a archived', 'a.txt a archived', 'b.meta.json b.meta cleared']);
  });

  it('are judged again when they were in the middle of something as the rules were exchanged', async () => {
    const project = await TestProject.create({
      extractors: `
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
export async function sample(files: string[]) {
  while (!existsSync(files[0] + '.go')) await wait(20);
  return { start: new Date(0), stop: new Date(1), category: null };
}
`,
    });
    const service = await project.start();
    await project.deliver('a.json', json);
    await project.deliver('a.txt', 'the text of a');
    await until('it is extracted', async () => (await states(project))['a'] === 'extracting');
    await project.edit('rules.toml', (text) => `${text}\n# other rules`);
    const applied = await until('the rules are exchanged', () =>
      service.log.lines.find((line) => line.includes('new rules are in force')),
    );
    // Names that the watch does not take.
    await writeFile(project.path('delivery/a.json.go'), '');
    await writeFile(project.path('delivery/a.txt.go'), '');
    await until('it is judged by them', async () => {
      const [group] = await project.rows("select rules_version, state from files where state = 'not_selected'");
      return group !== undefined && applied.includes(String(group['rules_version']));
    });
    await service.stop();
  });

  it('are extracted and decided by the same rules when these are exchanged meanwhile', async () => {
    const project = await TestProject.create({
      plugin: `
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { definePlugin } from 'carbonation';
import { File } from './model.ts';
import { shouldArchive } from './rules.ts';

const extracted = (category: string) => ({ start: new Date(0), stop: new Date(1), category });
const project = join(import.meta.dirname, '..', '..');
export default definePlugin({
  fileModel: File,
  extractors: {
    sample: async () => {
      while (!existsSync(join(project, 'go'))) await wait(20);
      return extracted('old');
    },
    other: () => extracted('new'),
  },
  selectionFunctions: { should_archive: shouldArchive },
  migrationsPath: join(import.meta.dirname, '..', 'migrations'),
});
`,
    });
    const service = await project.start();
    await project.deliverGroup('a');
    await until('it is extracted', async () => (await states(project))['a'] === 'extracting');
    await project.edit('rules.toml', (text) => text.replace('extract = "sample"', 'extract = "other"'));
    const applied = await until('the rules are exchanged', () =>
      service.log.lines.find((line) => line.includes('new rules are in force')),
    );
    await writeFile(project.path('go'), '');
    await until('it is archived', async () => (await states(project))['a'] === 'archived');
    await service.stop();
    const [group] = await project.rows('select category, rules_version from files');
    expect(group).toMatchObject({ category: 'new' });
    expect(applied).toContain(group?.['rules_version']);
    expect(await project.archived()).toEqual(['new/19700101/a.json', 'new/19700101/a.txt']);
  });

  it('are judged again alone when a plugin groups them and one is delivered again', async () => {
    const project = await TestProject.create({
      plugin: grouping,
      rules: (text) => text.replace('group_by = "stem"', 'group_by = "plugin"\ngroup_function = "first_part"'),
    });
    await project.deliverGroup('a');
    await project.runOnce();
    for (const name of ['a.json', 'a.txt']) await unlink(project.path(`delivery/${name}`));
    await project.runOnce();
    const [before] = await project.rows('select rules_version from files');
    await project.edit('rules.toml', (text) => `${text}\n# other rules`);
    const service = await project.start();
    const pages = vi.spyOn(GroupStore.prototype, 'groupsInStates');
    onTestFinished(() => pages.mockRestore());
    await project.deliver('a.json', `${json} `);
    const now = await until('it is judged by the new rules', async () => {
      const [group] = await project.rows("select rules_version from files where state = 'waiting'");
      return group !== undefined && group['rules_version'] !== before?.['rules_version'] && group['rules_version'];
    });
    const read = pages.mock.calls.filter(([, states]) => states.includes('waiting') || states.includes('not_selected'));
    expect(read.length).toBeGreaterThan(0);
    expect(read.map(([, , , , rulesVersion]) => rulesVersion)).toEqual(read.map(() => now));
    await service.stop();
  });

  it('are judged page by page, and others have their turn in between', async () => {
    const project = await TestProject.create();
    const pageCount = 3;
    let turns = 0;
    const turnsAt: number[] = [];
    const pages = vi.spyOn(GroupStore.prototype, 'groupsInStates').mockImplementation((_watches, states, afterId) => {
      if (!states.includes('not_selected') || afterId >= pageCount) return Promise.resolve([]);
      turnsAt.push(turns);
      setImmediate(() => {
        turns += 1;
      });
      return Promise.resolve([{ ...groupOfNobody, id: afterId + 1 }]);
    });
    onTestFinished(() => pages.mockRestore());
    await project.runOnce();
    expect(turnsAt).toEqual([0, 1, 2]);
  });
});

it('a file that is not sound is told of when it comes, not each time that it is looked at again', async () => {
  const project = await TestProject.create({
    config: (text) => anyFile(text).replace('[service]', '[service]\npoll_interval = "0.1s"'),
  });
  const rules = await readFile(project.path('rules.toml'), 'utf8');
  await writeFile(project.path('rules.toml'), alone(rules).replace('value = 10', 'value = 1000'));
  const service = await project.start();
  const told = () => service.log.lines.filter((line) => line.includes('WARNING integrity_failed')).length;
  const looked = async () =>
    (await project.rows("select id from group_transitions where to_state = 'integrity_failed'")).length;
  await project.deliver('a.txt', 'too short');
  await until('it is told of', () => told() === 1);
  // Only what is on record can be looked at again by another run.
  await until('it is on record', async () => (await looked()) > 0);
  await project.runOnce();
  await until('it has been looked at again', async () => (await looked()) > 1);
  expect(told()).toBe(1);
  await project.deliver('a.txt', 'not better');
  await until('the other content is told of', () => told() === 2);
  await service.stop();
  // Whoever runs once reads what there is now.
  const { log } = await project.runOnce();
  expect(log.lines.filter((line) => line.includes('WARNING integrity_failed'))).toHaveLength(1);
});
