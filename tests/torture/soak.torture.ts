import { afterAll, expect, it } from 'vitest';
import { sharedDrivers } from '../support/servers.ts';
import { inLanes } from './crashes.ts';
import { dropDatabases } from './databases.ts';
import { print, settings } from './figures.ts';
import { modelKinds } from './model-project.ts';
import { soak } from './soak.ts';

// Goal: kills at any moment under load lose nothing. Method: see `soak`. TORTURE_SEED and TORTURE_KILLS repeat it.

/** Of one project, at most: what it has archived is read again and again. */
const mostKills = 50;

const { seed, kills, lanes } = settings;
const figures = { seed, kills: 0, actions: 0, contents: 0, violations: 0 };
const since = performance.now();

afterAll(() => print('kill -9 soak', figures, since));
afterAll(dropDatabases);

it(`${kills} kills under load, TORTURE_SEED=${seed}`, async () => {
  print('kill -9 soak start', { seed, kills }, performance.now());
  const kinds = modelKinds(await sharedDrivers());
  const each = Math.min(mostKills, Math.ceil(kills / kinds.length));
  const rounds = Array.from({ length: Math.ceil(kills / each) }, (_, i) => ({ i, kind: kinds[i % kinds.length] }));
  const problems: string[] = [];
  await inLanes(rounds, lanes, async ({ i, kind }) => {
    if (kind === undefined) throw new Error('there is no kind of project');
    const report = await soak(kind, Math.min(each, kills - i * each), seed + i);
    figures.kills += report.kills;
    figures.actions += report.actions;
    figures.contents += report.contents;
    problems.push(...report.problems.map((problem) => `${kind.action} on ${kind.driver}: ${problem}`));
  });
  figures.violations = problems.length;
  expect(problems, `repeat with TORTURE_SEED=${seed}`).toEqual([]);
  expect(figures.kills).toBe(kills);
});
