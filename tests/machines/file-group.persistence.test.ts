import { describe, expect, test } from 'vitest';
import {
  fileGroupVersion,
  groupStates,
  isResting,
  readSnapshot,
  type GroupEvent,
  type GroupState,
  type SnapshotEnvelope,
} from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { failure, file, lacking, say } from './group-words.ts';

/** A way into each state. */
const waysTo: Readonly<Record<GroupState, () => Promise<GroupDriver>>> = {
  assessing: () => Promise.resolve(GroupDriver.start()),
  waiting: () => walk((group) => group.assessed('waiting', lacking('skip'))),
  timedOut: async () => {
    const group = await waysTo.waiting();
    group.send(say.timeoutDue());
    return group;
  },
  integrityFailed: () => walk((group) => group.assessed('integrityFailed', { verdicts: { 'a.dat': 'failed' } })),
  extracting: () => walk((group) => group.assessed('extracting', { extracts: true })),
  deciding: () => walk((group) => group.assessed('deciding')),
  notSelected: async () => {
    const group = await waysTo.deciding();
    await group.decided('notSelected', { at: 4000, outcome: 'rejected', reason: 'old' });
    return group;
  },
  transferring: () => GroupDriver.start().toTransfer(),
  removingSources: async () => {
    const group = await waysTo.transferring();
    await group.transferred('removingSources', { removesSources: true });
    return group;
  },
  retryPending: () => walk((group) => group.fails('retryPending', failure())),
  archived: () => GroupDriver.start().toArchive(),
  missing: async () => {
    const group = await waysTo.archived();
    group.send(say.lost(['a.dat']));
    return group;
  },
  failed: () => walk((group) => group.fails('failed', failure({ retryable: false }))),
  cleared: () => walk((group) => group.assessed('cleared', { verdicts: { 'a.dat': 'gone' } })),
};

async function walk(step: (group: GroupDriver) => Promise<void>): Promise<GroupDriver> {
  const group = GroupDriver.start();
  await step(group);
  return group;
}

const busy = groupStates.filter((state) => !isResting(state));
const resting = groupStates.filter(isResting);

/** What the service stores of a group at rest without asking the actor. */
function restingSnapshot(group: GroupDriver): unknown {
  const made = {
    status: 'active',
    value: group.state,
    context: group.context,
    children: {},
    historyValue: {},
    tags: [],
  };
  return JSON.parse(JSON.stringify(made));
}

/** An event that leads out of each state at rest, and where to. */
const awakenings: readonly (readonly [GroupState, GroupEvent, GroupState])[] = [
  ['waiting', say.settled([file('a.xml')]), 'assessing'],
  ['waiting', say.timeoutDue(), 'timedOut'],
  ['timedOut', say.settled([file('a.xml')]), 'assessing'],
  ['integrityFailed', say.lookAgain(), 'assessing'],
  ['notSelected', say.rulesChanged(), 'assessing'],
  ['retryPending', say.retryDue(), 'assessing'],
  ['archived', say.settled([file('a.dat', 2)]), 'assessing'],
  ['archived', say.lost(['a.dat']), 'missing'],
  ['missing', say.found(['a.dat']), 'archived'],
  ['failed', say.retry(), 'retryPending'],
  ['cleared', say.settled([file('a.dat', 2)]), 'assessing'],
];

describe('a stored snapshot', () => {
  test.each(groupStates)('of %s restores to the same state and context', async (state) => {
    const group = await waysTo[state]();
    expect(group.state).toBe(state);
    const restored = GroupDriver.restore(group.persisted());
    expect(restored.state).toBe(state);
    expect(restored.context).toEqual(JSON.parse(JSON.stringify(group.context)));
    expect(restored.context).toEqual(group.context);
    expect(restored.defects).toEqual([]);
  });

  test.each(groupStates)('of %s is the same when it is stored again', async (state) => {
    const stored = (await waysTo[state]()).persisted();
    expect(GroupDriver.restore(stored).persisted()).toEqual(stored);
  });

  test.each(groupStates)('of %s is read by the present version', async (state) => {
    const snapshot = (await waysTo[state]()).persisted();
    const read = readSnapshot({ machine: 'file-group', version: fileGroupVersion, snapshot, savedAt: 1 });
    expect(read).toMatchObject({ ok: true, snapshot: { value: state, status: 'active' } });
  });

  test.each(resting)('of %s has nothing under way', async (state) => {
    expect((await waysTo[state]()).persisted()).toMatchObject({ children: {} });
  });
});

describe('an effect that was under way', () => {
  test.each(busy)('runs again in a restored %s, with what it was told before', async (state) => {
    const group = await waysTo[state]();
    const restored = GroupDriver.restore(group.persisted());
    const runs = (driver: GroupDriver) =>
      [driver.assess, driver.extract, driver.decide, driver.transfer, driver.remove].map(
        (effect) => effect.runs.at(-1)?.input,
      );
    const underWay = busy.indexOf(state);
    expect(runs(restored).filter((input) => input !== undefined)).toHaveLength(1);
    expect(runs(restored)[underWay]).toEqual(JSON.parse(JSON.stringify(runs(group)[underWay])));
  });

  test.each(resting)('there is none in a restored %s', async (state) => {
    const restored = GroupDriver.restore((await waysTo[state]()).persisted());
    const effects = [restored.assess, restored.extract, restored.decide, restored.transfer, restored.remove];
    expect(effects.map(({ runs }) => runs.length)).toEqual([0, 0, 0, 0, 0]);
  });

  test.each(busy)('leads on from a restored %s into the archive', async (state) => {
    const group = GroupDriver.restore((await waysTo[state]()).persisted());
    if (group.state === 'assessing') await group.assessed('deciding');
    if (group.state === 'extracting') await group.extracted('deciding');
    if (group.state === 'deciding') await group.decided('transferring');
    if (group.state === 'transferring') await group.transferred('archived');
    if (group.state === 'removingSources') await group.removed('archived', ['a.dat']);
    expect(group.context).toMatchObject({ completedAt: 5000, revision: 1 });
  });

  test('what came in during a transfer is still remembered after a restart', async () => {
    const group = await waysTo.transferring();
    group.send(say.settled([file('a.log')]));
    const restored = GroupDriver.restore(group.persisted());
    await restored.transferred('assessing');
    expect(restored.component('a.log').verdict).toBe('pending');
  });

  test('a failure after a restart counts on', async () => {
    const group = await waysTo.retryPending();
    group.send(say.retryDue());
    const restored = GroupDriver.restore(group.persisted());
    await restored.fails('retryPending', failure({ at: 9000 }));
    expect(restored.context).toMatchObject({ attempt: 2, dueAt: 9100 });
  });
});

describe('the short snapshot of a group at rest', () => {
  test('every state at rest is tried here', () => {
    expect(new Set(awakenings.map(([state]) => state))).toEqual(new Set(resting));
  });

  test.each(resting)('of %s says what the actor itself would', async (state) => {
    const group = await waysTo[state]();
    expect(GroupDriver.restore(restingSnapshot(group)).persisted()).toEqual(group.persisted());
  });

  test.each(awakenings)('of %s takes %o to %s', async (state, event, target) => {
    const restored = GroupDriver.restore(restingSnapshot(await waysTo[state]()));
    expect(restored.send(event)).toBe(target);
    expect(restored.assess.runs).toHaveLength(target === 'assessing' ? 1 : 0);
    expect(restored.defects).toEqual([]);
  });

  test.each(['waiting', 'retryPending'] as const)('of %s still has its deadline', async (state) => {
    const group = await waysTo[state]();
    expect(group.context.dueAt).toBeGreaterThan(0);
    expect(GroupDriver.restore(restingSnapshot(group)).context.dueAt).toBe(group.context.dueAt);
  });
});

describe('a snapshot that cannot be read', () => {
  const envelope: SnapshotEnvelope = {
    machine: 'file-group',
    version: fileGroupVersion,
    snapshot: { status: 'active', value: 'waiting', context: { components: {} } },
    savedAt: 1,
  };
  const refusals: readonly (readonly [string, object, string])[] = [
    ['of another chart', { machine: 'watch' }, 'chart watch'],
    ['of a newer version', { version: fileGroupVersion + 1 }, `version ${fileGroupVersion + 1}`],
    ['of a version that never was', { version: 0 }, 'never was'],
    [
      'in a state the chart does not have',
      { snapshot: { value: 'gone', context: { components: {} } } },
      'not a snapshot',
    ],
    ['that is nothing', { snapshot: null }, 'not a snapshot'],
    ['that is a text', { snapshot: 'waiting' }, 'not a snapshot'],
    ['without a state', { snapshot: { context: { components: {} } } }, 'not a snapshot'],
    ['with a nested state', { snapshot: { value: { open: 'x' }, context: { components: {} } } }, 'not a snapshot'],
    ['without a context', { snapshot: { value: 'waiting' } }, 'not a snapshot'],
    ['with an empty context', { snapshot: { value: 'waiting', context: null } }, 'not a snapshot'],
    ['without components', { snapshot: { value: 'waiting', context: {} } }, 'not a snapshot'],
  ];

  test.each(refusals)('%s is refused with the reason', (_, changed, reason) => {
    const read = readSnapshot({ ...envelope, ...changed });
    expect(read.ok ? 'it was read' : read.reason).toContain(reason);
  });

  test('is refused for these reasons only', () => {
    expect(readSnapshot(envelope)).toEqual({ ok: true, snapshot: envelope.snapshot });
  });
});
