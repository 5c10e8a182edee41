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
