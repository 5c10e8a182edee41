import { mkdir, symlink, unlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { listFiles, shiftedClock, TestProject, until } from '../support/project.ts';

const sample = JSON.stringify({ start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'alpha' });

describe('several watches', () => {
  it('that overlap archive each file once: it belongs to the first one that takes it', async () => {
    const project = await TestProject.create({
      config: (text) => `${text}
[[watch]]
name = "all"
path = "."
recursive = true
rules = "my-rules"
patterns = ["*.json", "*.txt"]
ignore_patterns = ["my_plugin", "package*.json", "tsconfig.json"]
settle_seconds = 0.05
`,
    });
    await project.deliverGroup('a');
    await writeFile(project.path('b.json'), sample);
    await writeFile(project.path('b.txt'), 'the text of b');
    const report = await project.runOnce();
    expect(report.groups.map(({ watchName, groupKey }) => [watchName, groupKey].join('/')).toSorted()).toEqual([
      'all/b',
      'my-watch/a',
    ]);
    expect(await project.archived()).toHaveLength(4);
    // Neither is what is in the archive taken for a delivery.
    expect((await project.runOnce()).groups).toEqual([]);
  });

  it('do not take what is archived below them for a delivery, also if a link names the archive', async () => {
    const project = await TestProject.create({
      config: (text) => withWatches(text, whole).replace('base_path = "archive"', 'base_path = "alias"'),
    });
    await mkdir(project.path('delivery/store'));
    await symlink('delivery/store', project.path('alias'));
    await project.deliverGroup('a');
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    expect(await project.runOnce()).toMatchObject({ groups: [], watches: [{ found: 2 }] });
    const service = await project.start();
    await project.deliverGroup('b');
    await until('it is archived', async () => (await listFiles(project.path('alias'))).length === 4);
    // What comes after it has come after its copies.
    await project.deliverGroup('c');
    await until('the next one is archived', async () => (await listFiles(project.path('alias'))).length === 6);
    await service.stop();
    expect(await project.rows('select group_key from files order by id')).toEqual(
      ['a', 'b', 'c'].map((group_key) => ({ group_key })),
    );
  });

  it('of which the first one ignores the directory of another leave that its files', async () => {
    const project = await TestProject.create({
      config: (text) => `${text
        .replace('# ignore_patterns = ["*.tmp", ".*"]', 'ignore_patterns = ["*.tmp", ".*", "special"]')
        .replace('# recursive = false', 'recursive = true')}
[[watch]]
name = "special"
path = "delivery/special"
rules = "my-rules"
settle_seconds = 0.05
`,
    });
    await mkdir(project.path('delivery/special'));
    await project.deliverGroup('special/a');
    const report = await project.runOnce();
    expect(report.groups).toMatchObject([{ watchName: 'special', groupKey: 'a', state: 'archived' }]);
  });

  it('that overlap archive each file while the service runs, whichever of them has noticed it', async () => {
    const inner = '[[watch]]\nname = "inner"\npath = "delivery/inner"\nrules = "my-rules"\nsettle_seconds = 0.05\n\n';
    const project = await TestProject.create({
      config: (text) =>
        text.replace('# recursive = false', 'recursive = true').replace('[[watch]]', `${inner}[[watch]]`),
    });
    await mkdir(project.path('delivery/inner'));
    const service = await project.start();
    for (let i = 0; i < 50; i += 1) await project.deliverGroup(`inner/${i}`);
    await until('all of them are archived', async () => (await project.archived()).length === 100);
    await service.stop();
  });

  it('that are renamed take over the files of the former name', async () => {
    const project = await TestProject.create();
    await project.deliver('a.txt', 'waits for its json');
    await project.runOnce();
    await project.edit('config.toml', (text) => text.replace('name = "my-watch"', 'name = "new-name"'));
    await project.deliver('a.json', sample);
    const report = await project.runOnce();
    expect(report.groups).toMatchObject([{ watchName: 'new-name', groupKey: 'a', state: 'archived' }]);
    expect(await project.archived()).toHaveLength(2);
  });

  it('that are renamed archive what is still in delivery once more, under the new name', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a');
    await project.runOnce();
    await project.edit('config.toml', (text) => text.replace('name = "my-watch"', 'name = "new-name"'));
    const report = await project.runOnce();
    expect(report.groups).toMatchObject([{ watchName: 'new-name', groupKey: 'a', state: 'archived' }]);
    expect(await project.archived()).toHaveLength(2);
    const why = (group: string) => runCli(['why', group], { cwd: project.directory });
    expect((await why('my-watch/a')).stdout).toContain('It was archived, and another group has its files by now.');
    expect((await why('new-name/a')).stdout).toContain('It is archived: 2 files are in the archive, verified.');
  });

  it('of which one cannot be read fail the run and say so, and the others are worked on', async () => {
    const project = await TestProject.create({
      config: (text) => `${text}
[[watch]]
name = "away"
path = "not-mounted"
rules = "my-rules"
settle_seconds = 0.05
`,
    });
    await project.deliverGroup('a');
    const report = await project.runOnce();
    expect(report).toMatchObject({ outcome: 'failed', failure: expect.stringContaining('away'), archived: 1 });
    await mkdir(project.path('not-mounted'));
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', failure: null });
  });
});

/** A watch of the sample rule set; one that is nearer to the top of config.toml takes its files first. */
const watchToml = (name: string, path: string, keys = '') =>
  `[[watch]]\nname = "${name}"\npath = "${path}"\nrules = "my-rules"\nsettle_seconds = 0.05\n${keys}\n`;

/** config.toml with these watches only, and archives that are named after them. */
const withWatches = (text: string, ...watches: readonly string[]) =>
  text
    .replace(/^\[\[watch\]\]\n[^]*?(?=^(?:#[^\n]*\n)*\[\[archive\]\])/m, () => watches.join('\n'))
    .replace(/^destination = .*$/m, 'destination = "{watch_name}"');

const whole = watchToml('whole', 'delivery', 'recursive = true');

/** A project with one watch, and a directory of it that can get another one. */
async function divided(): Promise<TestProject> {
  const project = await TestProject.create({ config: (text) => withWatches(text, whole) });
  await mkdir(project.path('delivery/part'));
  return project;
}

/** The directory gets a watch of its own, which is listed first. */
const divide = (project: TestProject, keys = '') =>
  project.edit('config.toml', (text) => withWatches(text, watchToml('part', 'delivery/part', keys), whole));

const statusQuery =
  'select filename, c.watch_name, status from file_components c join files f on f.id = c.group_id order by filename';

async function files(project: TestProject): Promise<readonly string[]> {
  const rows = await project.rows(statusQuery);
  return rows.map(({ filename, watch_name, status }) => [filename, watch_name, status].map(String).join(' '));
}

describe('files whose watch is another one by now', () => {
  it('are archived by it when they are delivered again, with what they were delivered with', async () => {
    const project = await divided();
    await project.deliverGroup('part/a');
    await project.deliverGroup('b');
    expect(await project.runOnce()).toMatchObject({ archived: 2 });
    await divide(project);
    await project.deliver('part/a.txt', 'the second text of a');
    await project.runOnce();
    expect(await files(project)).toEqual([
      'a.json part archived',
      'a.txt part archived',
      'b.json whole archived',
      'b.txt whole archived',
    ]);
    expect(await project.archived()).toEqual([
      'part/a.json',
      'part/a.txt',
      'whole/a.json',
      'whole/a.txt',
      'whole/b.json',
      'whole/b.txt',
    ]);
    expect((await project.runOnce()).groups).toEqual([]);
  });

  it('are not archived a second time as long as they are what they were', async () => {
    const project = await divided();
    await project.deliverGroup('part/a');
    await project.runOnce();
    const before = await project.archived();
    await divide(project);
    expect(await project.runOnce()).toMatchObject({ groups: [], watches: [{ fresh: 0 }, { fresh: 0 }] });
    expect(await project.archived()).toEqual(before);
    // That they leave is noticed all the same.
    await unlink(project.path('delivery/part/a.txt'));
    await project.runOnce();
    expect(await project.rows("select in_delivery from file_components where filename = 'a.txt'")).toEqual([
      { in_delivery: 0 },
    ]);
  });

  it('are archived by it also while the service runs, whichever watch has noticed them', async () => {
    const project = await divided();
    await project.deliverGroup('part/a');
    await project.runOnce();
    await divide(project);
    const service = await project.start();
    for (const text of ['the second text of a', 'the third text of a']) {
      await project.deliver('part/a.txt', text);
      await until(`${text} is archived`, async () =>
        (
          await project.rows(
            `select size_bytes, status from file_components where filename = 'a.txt' and watch_name = 'part'`,
          )
        ).some(({ size_bytes, status }) => size_bytes === text.length && status === 'archived'),
      );
    }
    await unlink(project.path('delivery/part/a.json'));
    await until('it is noticed that one has left', async () =>
      (await project.rows("select in_delivery from file_components where filename = 'a.json'")).some(
        ({ in_delivery }) => in_delivery === 0,
      ),
    );
    await service.stop();
  });

  it('leave the group that waits for the rest of them', async () => {
    const project = await divided();
    await project.deliver('part/a.txt', 'waits for its json');
    expect(await project.runOnce()).toMatchObject({ waiting: 1 });
    await divide(project);
    await project.deliver('part/a.json', sample);
    expect(await project.runOnce()).toMatchObject({ archived: 1, waiting: 0 });
    expect(await files(project)).toEqual(['a.json part archived', 'a.txt part archived']);
    expect(await project.rows('select watch_name, group_key, state from files order by id')).toEqual([
      { watch_name: 'whole', group_key: 'part/a', state: 'cleared' },
      { watch_name: 'part', group_key: 'a', state: 'archived' },
    ]);
  });

  it.each([
    ['integrity_failed', (rules: string) => rules.replace('value = 10', 'value = 1000')],
    ['not_selected', (rules: string) => `${rules}\n[[my-rules.selection]]\nhas_keys = ["nothing_has_this"]\n`],
    ['timed_out', (rules: string) => rules.replace(/^expected_extensions = .*$/m, 'expected_extensions = [".none"]')],
  ])('are judged by its rules where they were left %s', async (state, refuse) => {
    const project = await divided();
    await project.edit('rules.toml', (text) => {
      const good = text
        .replace(/^\[my-rules\.metadata\][^]*/m, '')
        .replace(/^on_timeout = .*$/m, 'on_timeout = "skip"');
      return `${refuse(good)}\n${good.replaceAll('my-rules', 'other-rules')}`;
    });
    await project.deliverGroup('part/a');
    await project.runOnce();
    if (state === 'timed_out') await project.runOnce({ clock: shiftedClock(1000 * 3_600_000) });
    expect(await files(project)).toEqual([`a.json whole ${state}`, `a.txt whole ${state}`]);
    await project.edit('config.toml', (text) =>
      withWatches(text, watchToml('part', 'delivery/part').replace('my-rules', 'other-rules'), whole),
    );
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    expect(await files(project)).toEqual(['a.json part archived', 'a.txt part archived']);
  });

  it('change places when the names of their watches do', async () => {
    const named = (x: string, y: string) => [watchToml(x, 'delivery/x'), watchToml(y, 'delivery/y')];
    const project = await TestProject.create({ config: (text) => withWatches(text, ...named('one', 'two')) });
    await mkdir(project.path('delivery/x'));
    await mkdir(project.path('delivery/y'));
    await project.deliver('x/a.txt', 'the text of a in x');
    await project.deliver('y/a.json', sample);
    await project.runOnce();
    await project.edit('config.toml', (text) => withWatches(text, ...named('two', 'one')));
    // Together they would be a group, but they are not of one directory.
    expect(await project.runOnce()).toMatchObject({ archived: 0, waiting: 2 });
    await project.deliver('x/a.json', `${sample} `);
    await project.deliver('y/a.txt', 'the text of a in y');
    expect(await project.runOnce()).toMatchObject({ archived: 2, waiting: 0 });
    expect(
      await project.rows('select source_path, watch_name, status from file_components order by source_path'),
    ).toEqual(
      [
        ['x/a.json', 'two'],
        ['x/a.txt', 'two'],
        ['y/a.json', 'one'],
        ['y/a.txt', 'one'],
      ].map(([name, watch_name]) => ({
        source_path: project.path(`delivery/${name}`),
        watch_name,
        status: 'archived',
      })),
    );
  });

  it('go to the watch whose patterns they match by now', async () => {
    const patterned = (...patterns: readonly [string, string]) => [
      watchToml('first', 'delivery', `patterns = ${patterns[0]}`),
      watchToml('second', 'delivery', `patterns = ${patterns[1]}`),
    ];
    const project = await TestProject.create({
      config: (text) => withWatches(text, ...patterned('["*"]', '["b.*"]')),
    });
    await project.deliverGroup('b');
    await project.runOnce();
    await project.edit('config.toml', (text) => withWatches(text, ...patterned('["a.*"]', '["b.*"]')));
    await project.deliverGroup('b', {}, 'the second text of b');
    await project.runOnce();
    expect(await files(project)).toEqual(['b.json second archived', 'b.txt second archived']);
    expect(await project.archived()).toHaveLength(4);
  });

  it('are left alone by a watch that ignores what is delivered again', async () => {
    const project = await divided();
    await project.deliverGroup('part/a');
    await project.runOnce();
    await divide(project, 'on_redelivery = "ignore"');
    await project.deliver('part/a.txt', 'the second text of a');
    expect((await project.runOnce()).groups).toEqual([]);
    expect(await project.archived()).toHaveLength(2);
  });

  it('are reported by a dry run as they would be taken', async () => {
    const project = await divided();
    await project.deliver('part/a.txt', 'waits for its json');
    await project.runOnce();
    await divide(project);
    await project.deliver('part/a.json', sample);
    const { groups } = await project.runOnce({ dryRun: true });
    expect(groups).toContainEqual(expect.objectContaining({ watchName: 'part', groupKey: 'a', state: 'archived' }));
    expect(await files(project)).toEqual(['a.txt whole waiting']);
  });
});
