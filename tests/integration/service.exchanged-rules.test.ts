import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { hurriedClock } from '../support/clock.ts';
import { TestProject, until } from '../support/project.ts';

// Goal: no group is judged in part by some rules and in part by others, whenever these are exchanged.

/** Waits for a file that the watch does not take. */
const heldUp = `
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
export async function sample() {
  while (!existsSync(new URL('../../go', import.meta.url))) await wait(20);
  return { start: new Date(0), stop: new Date(1), category: 'alpha' };
}
`;

describe('a group that was being judged when the service stopped, and under other rules when it starts', () => {
  it.each([
    [
      'another check of its files',
      (rules: string) => `${rules}\n[[my-rules.integrity]]\ntype = "min_size"\nvalue = 1000\n`,
      'is below min_size 1000',
    ],
    ['another file', (rules: string) => rules.replace('[".txt", ".json"]', '[".txt", ".json", ".xml"]'), '.xml'],
  ])('is judged by them from the beginning: %s', async (_, edit, reason) => {
    const project = await TestProject.create({ extractors: heldUp });
    const state = async () => (await project.rows('select state, reason, rules_version from files'))[0];
    // The 30 s of a stop pass in no time.
    const service = await project.start({ clock: hurriedClock(30_000, 0) });
    await project.deliverGroup('a');
    const before = await until('it is extracted', async () => {
      const found = await state();
      return found?.['state'] === 'extracting' && found;
    });
    await service.stop();
    await project.edit('rules.toml', edit);
    await writeFile(project.path('go'), '');
    await project.runOnce();
    const after = await state();
    expect(after).toMatchObject({ state: 'waiting', reason: expect.stringContaining(reason) });
    expect(after?.['rules_version']).not.toBe(before['rules_version']);
    expect(await project.archived()).toEqual([]);
  });
});

/** The rules with a second rule set, which is like the first one but for what is edited. */
const withOther = (edit: (set: string) => string) => (rules: string) => {
  const own = rules.slice(rules.indexOf('[my-rules'));
  return `${rules}\n${edit(own.replaceAll('[my-rules', '[other'))}`;
};
const useOther = (config: string) => config.replace('rules = "my-rules"', 'rules = "other"');

describe('a group whose watch has another rule set when the service starts', () => {
  it('is judged by that from the beginning where it was being judged', async () => {
    const project = await TestProject.create({
      extractors: heldUp,
      rules: withOther((set) => set.replace('[".txt", ".json"]', '[".txt", ".json", ".xml"]')),
    });
    const state = async () => (await project.rows('select state, reason from files'))[0];
    const service = await project.start({ clock: hurriedClock(30_000, 0) });
    await project.deliverGroup('a');
    await until('it is extracted', async () => (await state())?.['state'] === 'extracting');
    await service.stop();
    await project.edit('config.toml', useOther);
    await writeFile(project.path('go'), '');
    await project.runOnce();
    expect(await state()).toEqual({ state: 'waiting', reason: 'waiting for .xml' });
    expect(await project.archived()).toEqual([]);
  });

  it.each([
    ['was not selected', ['a.txt', 'a.json'], 'has_keys = ["category"]', 'has_keys = ["nothing"]'],
    ['waits', ['a.json'], 'expected_extensions = [".txt", ".json"]', 'expected_extensions = [".txt", ".json", ".xml"]'],
  ])('is judged by that where it %s', async (_, names, selected, refused) => {
    const project = await TestProject.create({
      rules: (rules) =>
        withOther((set) => set.replace('[".txt", ".json"]', '[".json"]'))(rules).replace(selected, refused),
    });
    for (const name of names)
      await project.deliver(name, '{"start":"2026-01-01T00:00:00Z","stop":"2026-01-01T01:00:00Z","category":"alpha"}');
    const first = await project.runOnce();
    expect(first.archived).toBe(0);
    await project.edit('config.toml', useOther);
    await project.runOnce();
    expect(await project.rows("select state from files where group_key = 'a'")).toEqual([{ state: 'archived' }]);
    const before = await project.rows('select id from group_transitions');
    await project.runOnce();
    expect(await project.rows('select id from group_transitions'), 'once').toEqual(before);
  });
});

/** Groups by `old`, each file alone, or by `new`; what waits says so. */
const grouping = `
import { existsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { definePlugin } from 'carbonation';
import { sample } from './extractors.ts';
import { File } from './model.ts';
import { shouldArchive } from './rules.ts';

const project = join(import.meta.dirname, '..', '..');
async function held() {
  writeFileSync(join(project, 'held'), '');
  while (!existsSync(join(project, 'go'))) await wait(20);
}
const old = ({ filePath }) => 'old-' + basename(filePath);
export default definePlugin({
  fileModel: File,
  extractors: { sample },
  selectionFunctions: { should_archive: shouldArchive },
  integrityFunctions: { held: () => held().then(() => true) },
  groupFunctions: {
    old,
    old_held: async (file) => held().then(() => old(file)),
    new: ({ filePath }) => 'new-' + basename(filePath).split('.')[0],
  },
  migrationsPath: join(import.meta.dirname, '..', 'migrations'),
});
`;

describe('files that a plugin groups are in the groups of the rules in force, when these are exchanged', () => {
  it.each([
    ['while it is asked', 'old_held', ''],
    ['while their first group is assessed', 'old', '\n[[my-rules.integrity]]\ntype = "plugin"\nfunction = "held"\n'],
  ])('%s', async (_, former, check) => {
    const groupedBy = `group_by = "plugin"\ngroup_function = "${former}"`;
    const project = await TestProject.create({
      plugin: grouping,
      rules: (text) => text.replace('group_by = "stem"', groupedBy) + check,
    });
    const service = await project.start();
    await project.deliverGroup('a');
    await until('it is held up', () => existsSync(project.path('held')));
    await project.edit('rules.toml', (text) => text.replace(`"${former}"`, '"new"'));
    await until('the rules are exchanged', () => service.log.said('new rules are in force') > 0);
    await writeFile(project.path('go'), '');
    await until('it is archived', async () => (await project.archived()).length === 2);
    await service.stop();
    const [group, ...others] = await project.rows('select group_key, state from files order by group_key');
    expect(group).toEqual({ group_key: 'new-a', state: 'archived' });
    // One alone where the other file came to rest a moment later, under the new rules.
    expect(others.length).toBeGreaterThan(0);
    for (const one of others) expect(one).toEqual({ group_key: expect.stringMatching(/^old-a\./), state: 'cleared' });
  });
});
