import { unlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { TestProject, until } from '../support/project.ts';

const json = JSON.stringify({ start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'alpha' });

/** `a.meta.json` belongs to `a.txt`, not to a group `a.meta`. */
const severalDots = (rules: string) =>
  rules
    .replace('expected_extensions = [".txt", ".json"]', 'expected_extensions = [".txt", ".meta.json"]')
    .replace('primary_extension = ".json"', 'primary_extension = ".meta.json"');

/** Every file is a group of its own, and nothing is read from it. */
const alone = (rules: string) => rules.replace(/^\[my-rules\.completeness\][^]*/m, '');

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
});
