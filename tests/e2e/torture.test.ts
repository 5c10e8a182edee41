import fc from 'fast-check';
import { expect, it } from 'vitest';
import { changingKinds, crashAt, inLanes, pointsOf, type Point } from '../torture/crashes.ts';
import { wrongsOfFailures } from '../torture/failing-lanes.ts';
import { failuresOf } from '../torture/failures.ts';
import { carryOut, sequences } from '../torture/sequences.ts';

// A few seconds of what `npm run test:torture` does for minutes: one point of each kind, of the life with the most kinds.

const life = 'move across';

/** The first point of each kind that changes something, of a group's first delivery. */
async function somePoints(): Promise<readonly Point[]> {
  const points = (await pointsOf(life)).filter(({ stage, kind }) => stage === 'delivery' && changingKinds.has(kind));
  return [...new Map(points.toReversed().map((point) => [point.kind, point])).values()];
}

const points = somePoints();

it('a move across file systems meets every kind of point', async () => {
  expect((await points).map(({ kind }) => kind).toSorted()).toEqual([
    'chmodSync archive',
    'commit database',
    'fchmodSync part',
    'fsync archive',
    'fsync part',
    'futimesSync part',
    'linkSync target',
    'mkdirSync archive',
    'openSync part',
    'unlinkSync part',
    'unlinkSync source',
    'writeSync part',
  ]);
});

it('a kill at a point of each kind costs nothing', async () => {
  const violations: string[] = [];
  await inLanes(await points, 2, async (point) => {
    const { isKilled, problems } = await crashAt({ life, point, when: 'after' });
    if (!isKilled) violations.push(`${point.text}: not met`);
    violations.push(...problems.map((problem) => `${point.text}: ${problem}`));
  });
  expect(violations).toEqual([]);
});

it('a failure at a point of each kind, that lasts for a while, costs nothing', async () => {
  const lasting = failuresOf(life, await points, false).filter(({ lasts }) => lasts === 'a while');
  expect(lasting.length).toBeGreaterThanOrEqual(12);
  expect(await wrongsOfFailures(lasting, 2)).toEqual([]);
});

it('a random sequence ends as the model says', async () => {
  const seed = Number(process.env['TORTURE_SEED'] ?? 4);
  const [sequence] = fc.sample(sequences(20, ['sqlite']), { seed, numRuns: 1 });
  if (sequence === undefined) throw new Error('no sequence was drawn');
  expect(await carryOut(sequence), `TORTURE_SEED=${seed} ${JSON.stringify(sequence)}`).toEqual([]);
});
