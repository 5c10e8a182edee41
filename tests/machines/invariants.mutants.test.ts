import { describe, expect, test } from 'vitest';
import { fileGroupMachine } from '../../machines/file-group/index.ts';
import { fileGroupSetup } from '../../machines/file-group/setup.ts';
import { profiles } from '../model/profiles.ts';
import { explore, type Exploration, type ModelPath } from '../support/graph.ts';
import { breaking, invariants, invariantsOfEvents } from './invariants.ts';

// Goal: the invariants can fail: a chart with a fault breaks the rule that is there for it.
// Method: the production chart's configuration with one part changed, explored as the chart itself is.

/** A part of a chart's configuration. */
type Part = Record<string, unknown>;

/** The configuration with the part at `path` as `change` makes it; other parts are the chart's own. */
function changed(
  value: unknown,
  [key, ...rest]: readonly (string | number)[],
  change: (part: unknown) => unknown,
): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value)) return value.map((one: unknown, i) => (i === key ? changed(one, rest, change) : one));
  const part = value as Part;
  return { ...part, [key]: changed(part[key], rest, change) };
}

const without =
  (...keys: readonly string[]) =>
  (part: unknown): unknown =>
    Object.fromEntries(Object.entries(part as Part).filter(([key]) => !keys.includes(key)));

const nothing = () => undefined;

type Place = readonly (string | number)[];

/** Faults: where, what is changed there, under which rules it shows, and the rule that it breaks. */
const faults: readonly (readonly [
  fault: string,
  Place,
  (part: unknown) => unknown,
  profile: string,
  invariant: string,
])[] = [
  [
    'a retry is taken up before its time',
    ['retryPending', 'on', 'retry.due'],
    without('guard'),
    'single',
    'a pending retry has its deadline, is left on it, and not before',
  ],
  [
    'a retry is never taken up',
    ['retryPending', 'on'],
    without('retry.due'),
    'single',
    'a pending retry has its deadline, is left on it, and not before',
  ],
  [
    'a failed transfer sets no deadline',
    ['transferring', 'invoke', 'onDone', 1],
    without('actions'),
    'single',
    'a pending retry has its deadline, is left on it, and not before',
  ],
  [
    'there is one more try than is allowed',
    ['extracting', 'invoke', 'onError', 0, 'guard'],
    () =>
      ({ context }: { context: { attempt: number } }) =>
        context.attempt < 2,
    'single',
    'tries never exceed what the policy allows',
  ],
  [
    'a failing extraction is not answered',
    ['extracting', 'invoke'],
    without('onError'),
    'single',
    'whatever fails from now on, the group ends in a state with a name',
  ],
  [
    'a failed removal is tried for ever',
    ['removingSources', 'invoke', 'onError'],
    () => ({ target: 'removingSources', reenter: true }),
    'moving',
    'whatever fails from now on, the group ends in a state with a name',
  ],
  [
    'the sources of a failed transfer are removed without looking at their copies',
    [],
    (states) =>
      changed(
        changed(states, ['transferring', 'invoke', 'onError'], () => ({ target: 'removingSources' })),
        ['removingSources', 'invoke', 'input'],
        () =>
          ({ context }: { context: { components: object } }) => ({ components: Object.values(context.components) }),
      ),
    'single',
    'no source is removed but of a copy that is in the archive, verified, and made of this very state of it',
  ],
  [
    'sources are removed although the transfer failed',
    ['transferring', 'invoke', 'onError'],
    () => ({ target: 'removingSources' }),
    'single',
    'sources are removed only when every sound component has its copy',
  ],
  [
    'a failed transfer counts as archived',
    ['transferring', 'invoke', 'onDone', 2, 'target'],
    () => 'archived',
    'single',
    'a group is archived only when everything sound in delivery is in the archive',
  ],
  [
    'a finished transfer is not noted as the completion',
    ['transferring', 'invoke', 'onDone', 6, 'actions'],
    (actions) => (actions as unknown[]).slice(0, 1),
    'single',
    'an archived group has its time of completion, unless it is made of orphans and not whole',
  ],
  [
    'what came in during a transfer that failed is forgotten',
    ['transferring', 'invoke', 'onError'],
    (branches) => (branches as unknown[]).slice(1),
    'single',
    'nothing that came in during a transfer is left behind',
  ],
  [
    'a lost copy is not noticed',
    ['archived', 'always'],
    nothing,
    'single',
    'a group with a lost copy that cannot be made again is missing or written off, not archived; and only such a one',
  ],
  [
    'nothing is noted of copies that are written off',
    ['writtenOff', 'entry'],
    nothing,
    'single',
    'a group is written off only when each lost copy was written off; and only what is lost is',
  ],
  [
    'a waiting group has no deadline',
    ['waiting', 'entry'],
    nothing,
    'skipping',
    'a waiting group whose time-out is not over has its deadline',
  ],
  [
    'a group that timed out keeps its deadline',
    ['waiting', 'on', 'timeout.due', 2],
    without('actions'),
    'skipping',
    'a group at rest that waits for no time has no deadline',
  ],
];

function explorationOf(profile: string): Exploration {
  const found = profiles.find(({ name }) => name === profile);
  if (found === undefined) throw new Error(`no profile ${profile}`);
  return found.exploration;
}

const explored = new Map<Exploration, readonly ModelPath[]>();

function check(exploration: Exploration, invariant: string): readonly string[] {
  const rule = { ...invariants, ...invariantsOfEvents }[invariant];
  if (rule === undefined) throw new Error(`no invariant: ${invariant}`);
  const situations = explored.get(exploration) ?? explore(exploration);
  explored.set(exploration, situations);
  return breaking(rule, exploration, situations);
}

describe('a chart in which', () => {
  test.each(faults)('%s breaks the rule for it', (_, place, change, profile, invariant) => {
    const config = changed(fileGroupMachine.config, ['states', ...place], change) as typeof fileGroupMachine.config;
    const exploration = explorationOf(profile);
    expect(check(exploration, invariant)).toEqual([]);
    // The changed configuration is as well formed as the chart's own.
    const machine = fileGroupSetup.createMachine(config as Parameters<typeof fileGroupSetup.createMachine>[0]);
    expect(check({ ...exploration, machine }, invariant)).not.toEqual([]);
  });
});
