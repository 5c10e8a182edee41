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
