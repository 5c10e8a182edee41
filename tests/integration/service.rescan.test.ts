import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TestProject, until } from '../support/project.ts';

// Goal: a scan that comes while groups are being worked on, as after a burst of events, changes nothing of them. Method: the
// extractor waits, so that nothing of the group is on record, until another process has had the directory scanned.

const heldUp = `
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
export async function sample() {
  while (!existsSync(new URL('../../go', import.meta.url))) await wait(20);
  return { start: new Date(0), stop: new Date(1), category: 'alpha' };
}
`;

it('a file that a scan finds while its group is at work is in its history once', async () => {
  const project = await TestProject.create({
    extractors: heldUp,
    config: (text) => text.replace('[service]', '[service]\npoll_interval = "0.1s"'),
  });
  const entered: string[] = [];
  const service = await project.start({ onEnter: (group) => entered.push(group.state) });
  await project.deliverGroup('a');
  await until('it is at work', () => entered.at(-1) === 'extracting');
  const asked = project.runOnce();
  const scans = () => service.log.lines.filter((line) => line.includes('reconciled')).length;
  const before = scans();
  await until('the directory is scanned once more', () => scans() > before);
  expect(entered.at(-1)).toBe('extracting');
  writeFileSync(project.path('go'), '');
  expect(await asked).toMatchObject({ failure: null });
  await service.stop();
  const steps = await project.rows('select event, facts from group_transitions order by id');
  const settled = steps.filter(({ event }) => event === 'files.settled');
  const names = settled.flatMap(({ facts }): readonly string[] => JSON.parse(String(facts)).files);
  expect(names.toSorted()).toEqual(['a.json', 'a.txt']);
  // The files of a group may settle a moment apart.
  const assessed = steps.filter(({ event }) => event === 'assessComponents.done');
  expect(assessed.length).toBeLessThanOrEqual(settled.length);
  const later = steps.filter((step) => !settled.includes(step) && !assessed.includes(step));
  expect(later.map(({ event }) => event)).toEqual(['extractMetadata.done', 'decide.done', 'transferComponents.done']);
});
