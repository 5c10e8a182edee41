import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { sharedDrivers } from '../support/servers.ts';
import { inLanes } from './crashes.ts';
import { dropDatabases } from './databases.ts';
import { print, settings } from './figures.ts';
import { carryOut, sequences } from './sequences.ts';

// Goal: whatever deliverers, operators and power cuts do, what was at rest in a complete group is in the archive, once.
// Method: random sequences of what they do, on a real service, against a model. TORTURE_SEED and TORTURE_RUNS repeat them.

const { seed, runs, lanes } = settings;
const figures = { seed, sequences: 0, steps: 0, violations: 0 };
const since = performance.now();

afterAll(() => print('random sequences', figures, since));
afterAll(dropDatabases);

it(`${runs} random sequences, TORTURE_SEED=${seed}`, async () => {
  print('random sequences start', { seed, sequences: runs }, performance.now());
  const failed: unknown[] = [];
  await inLanes(fc.sample(sequences(40, await sharedDrivers()), { seed, numRuns: runs }), lanes, async (sequence) => {
    const problems = await carryOut(sequence);
    figures.sequences += 1;
    figures.steps += sequence.steps.length;
    figures.violations += problems.length;
    if (problems.length > 0) failed.push({ sequence, problems });
  });
  expect(failed, `repeat with TORTURE_SEED=${seed}`).toEqual([]);
});
