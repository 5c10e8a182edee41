import { afterAll, describe, expect, it } from 'vitest';
import { changingKinds, crashAt, inLanes, momentsOf, pointsOf, readingKinds } from './crashes.ts';
import { dropDatabases } from './databases.ts';
import { chosen, print, settings, where } from './figures.ts';
import { lives, wholeLives } from './life.ts';

// Goal: wherever a process dies, nothing is lost, half, double or left over. Method: one run names every file operation and
// every commit of a life; at each of them another process is killed, and the service runs to the end.

const kinds = new Set<string>();
const figures = { points: 0, kills: 0, missed: 0, violations: 0 };
const since = performance.now();

afterAll(() => print('crash points', { ...where, ...figures }, since));
afterAll(dropDatabases);

describe.each(Object.keys(lives))('the life "%s"', (name) => {
  it('survives a kill at each of its points', async () => {
    const points = await pointsOf(name);
    for (const { kind } of points) kinds.add(kind);
    figures.points += points.length;
    // In a thread, of SQLite.
    const ofGroups = points.filter(({ text }) => text.includes('commit database groups'));
    expect(ofGroups.length > 0).toBe(settings.database === 'sqlite');
    const all = momentsOf(name, points).filter(
      ({ point: { kind } }) => wholeLives.has(name) || changingKinds.has(kind),
    );
    const moments = chosen(all);
    const violations: string[] = [];
    await inLanes(moments, settings.lanes, async (moment) => {
      const { isKilled, problems } = await crashAt(moment);
      if (isKilled) figures.kills += 1;
      else figures.missed += 1;
      violations.push(...problems.map((problem) => `killed ${moment.when} ${moment.point.text}: ${problem}`));
    });
    figures.violations += violations.length;
    expect(violations).toEqual([]);
  });
});

it('the enumeration has met every kind of operation, and none that nobody knows', () => {
  expect([...kinds].toSorted()).toEqual([...changingKinds, ...readingKinds].toSorted());
});

it.skipIf(settings.isLive)('hardly a kill has missed its point', () => {
  expect(figures.missed).toBeLessThan(figures.kills / 50);
});
