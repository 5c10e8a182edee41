import { afterAll, expect, it } from 'vitest';
import { changingKinds, pointsOf } from './crashes.ts';
import { dropDatabases } from './databases.ts';
import { wrongsOfFailures } from './failing-lanes.ts';
import { failuresForGood, failuresOf, type Failing } from './failures.ts';
import { chosen, print, settings, where } from './figures.ts';
import { lives, wholeLives } from './life.ts';

// Goal: an operation that fails, once or for a while, costs time and nothing else. Method: each operation of a life fails
// with each error it can have; meanwhile nothing may be lost, and the run must have said why something is not archived;
// once the fault is gone, the next tries must archive everything.

const figures = { failures: 0, of: 0, violations: 0 };
const since = performance.now();

afterAll(() => print('failing operations', { ...where, ...figures }, since));
afterAll(dropDatabases);

it.each(Object.keys(lives))('the life "%s" survives the failure of each of its operations', async (name) => {
  const points = (await pointsOf(name)).filter(({ kind }) => wholeLives.has(name) || changingKinds.has(kind));
  const failures = failuresOf(name, points, name === 'copy' || name === 'move');
  expect(await tried(failures)).toEqual([]);
});

// A live service would be at it for as long as the test lasts.
it.skipIf(settings.isLive)(
  'what can never be done is given up with a reason, and done once it can be and a person asks for it',
  async () => {
    expect(await tried(failuresForGood())).toEqual([]);
  },
);

async function tried(all: readonly Failing[]): Promise<readonly string[]> {
  const failures = chosen(all);
  const wrongs = await wrongsOfFailures(failures, settings.lanes);
  figures.failures += failures.length;
  figures.of += all.length;
  figures.violations += wrongs.length;
  return wrongs;
}
