import { afterAll, expect, it } from 'vitest';
import { inLanes } from './crashes.ts';
import { print, settings } from './figures.ts';
import { soak } from './soak.ts';

// Goal: kills at any moment under load lose nothing. Method: see `soak`. TORTURE_SEED and TORTURE_KILLS repeat it.

const kinds = [
  { action: 'copy', isAcross: false },
  { action: 'move', isAcross: false },
  { action: 'move', isAcross: true },
] as const;
/** Of one project: what it has archived is read again and again. */
const killsEach = 50;

const { seed, kills, lanes } = settings;
const figures = { seed, kills: 0, actions: 0, contents: 0, violations: 0 };
const since = performance.now();

afterAll(() => print('kill -9 soak', figures, since));

it(`${kills} kills under load, TORTURE_SEED=${seed}`, async () => {
  print('kill -9 soak start', { seed, kills }, performance.now());
  const rounds = Array.from({ length: Math.ceil(kills / killsEach) }, (_, i) => i);
  const problems: string[] = [];
  await inLanes(rounds, lanes, async (round) => {
    const kind = kinds[round % kinds.length] ?? kinds[0];
    const report = await soak(kind, Math.min(killsEach, kills - round * killsEach), seed + round);
    figures.kills += report.kills;
    figures.actions += report.actions;
    figures.contents += report.contents;
    problems.push(...report.problems);
  });
  figures.violations = problems.length;
  expect(problems, `repeat with TORTURE_SEED=${seed}`).toEqual([]);
  expect(figures.kills).toBe(kills);
});
