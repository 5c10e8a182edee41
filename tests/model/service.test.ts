import { afterEach, describe, expect, test, vi } from 'vitest';
import { fileGroupMachine, groupStates } from '../../machines/file-group/index.ts';
import { declaredTransitions, type TransitionName } from '../support/graph.ts';
import { checkStatus } from './commands.ts';
import { walks, type Walk } from './passages.ts';
import { Play } from './play.ts';
import { World } from './world.ts';

// Goal: the real service, on a real disk and database, is nowhere but where the chart says.
// Method: walks through the graph of the production chart that take every transition. Each is a group of its own in one
// service; every event is made to happen for real, and after every step the rows and the disk are looked at from outside.

const chosen = walks();
const taken = new Set<TransitionName>();
const reached = new Set<string>();

afterEach(() => {
  vi.restoreAllMocks();
});

/** Walks that can go on beside each other: what concerns all groups, or what the database must not know yet, is kept apart. */
function phases(): readonly (readonly Walk[])[] {
  const isUnrecorded = ({ steps }: Walk) => steps.some((step) => step.isUnrecorded);
  const changesRules = ({ steps }: Walk) => steps.some(({ event }) => event.type === 'rules.changed');
  const isReconciled = ({ steps }: Walk) =>
    steps.some(({ event, before: { value } }) => {
      return event.type === 'assessment.requested' && ['integrityFailed', 'timedOut', 'archived'].includes(value);
    });
  const alone = chosen.filter(isUnrecorded);
  const together = chosen.filter((walk) => !isUnrecorded(walk));
  const groups = Map.groupBy(together, (walk) =>
    changesRules(walk) ? 'rules' : isReconciled(walk) ? 'looks' : 'others',
  );
  return [
    groups.get('rules') ?? [],
    ...alone.map((walk) => [walk]),
    groups.get('others') ?? [],
    // A reconciliation has whatever is not sound looked at again, also what another walk is at.
    ...(groups.get('looks') ?? []).map((walk) => [walk]),
  ];
}

async function play(world: World, walk: Walk): Promise<string | null> {
  try {
    reached.add(walk.start.value);
    await new Play(world, walk).play(({ transitions, after }) => {
      for (const name of transitions) taken.add(name);
      reached.add(after.value);
    });
    return null;
  } catch (error) {
    return `${walk.name}, ${walk.steps.map(({ event }) => event.type).join(', ')}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

describe('the real service', () => {
  test('goes the ways of the chart, step by step', { timeout: 240_000 }, async () => {
    const world = await World.create(chosen);
    const troubles: (string | null)[] = [];
    try {
      await world.start();
      for (const walkers of phases()) {
        await world.walk(walkers.map((walk) => async () => void troubles.push(await play(world, walk))));
      }
      await checkStatus(world);
    } finally {
      await world.stop();
    }
    expect(troubles.filter((trouble) => trouble !== null)).toEqual([]);
    expect(world.log.lines.filter((line) => line.startsWith('CRITICAL'))).toEqual([]);
  });

  test('comes into every state', () => {
    expect([...reached].sort()).toEqual([...groupStates].sort());
  });

  test('takes every branch of every transition that the chart declares', () => {
    expect(declaredTransitions(fileGroupMachine).filter((name) => !taken.has(name))).toEqual([]);
  });
});
