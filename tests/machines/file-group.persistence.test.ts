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
import { waysTo } from './ways.ts';
import { failure, file, say } from './group-words.ts';

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
  ['writtenOff', say.found(['a.dat']), 'archived'],
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
      [driver.assess, driver.extract, driver.decide, driver.transfer, driver.remove, driver.adopt].map(
        (effect) => effect.runs.at(-1)?.input,
      );
    const underWay = busy.indexOf(state);
    expect(runs(restored).filter((input) => input !== undefined)).toHaveLength(1);
    expect(runs(restored)[underWay]).toEqual(JSON.parse(JSON.stringify(runs(group)[underWay])));
  });

  test.each(resting)('there is none in a restored %s', async (state) => {
    const restored = GroupDriver.restore((await waysTo[state]()).persisted());
    const { assess, extract, decide, transfer, remove, adopt } = restored;
    const effects = [assess, extract, decide, transfer, remove, adopt];
    expect(effects.map(({ runs }) => runs.length)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test.each(busy)('leads on from a restored %s into the archive', async (state) => {
    const group = GroupDriver.restore((await waysTo[state]()).persisted());
    if (group.state === 'assessing') await group.assessed('deciding');
    if (group.state === 'extracting') await group.extracted('deciding');
    if (group.state === 'deciding') await group.decided('transferring');
    if (group.state === 'transferring') await group.transferred('archived');
    if (group.state === 'removingSources') await group.removed('archived', ['a.dat']);
    if (group.state === 'adopting') await group.adopted('archived', { at: 5000 });
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

describe('a snapshot that cannot be read', async () => {
  const sound = (await waysTo.waiting()).persisted() as { readonly context: object };
  const envelope: SnapshotEnvelope = { machine: 'file-group', version: fileGroupVersion, snapshot: sound, savedAt: 1 };
  const changed = (change: object) => ({ snapshot: { ...sound, ...change } });
  const inContext = (change: object) => changed({ context: { ...sound.context, ...change } });
  const refusals: readonly (readonly [string, object, string])[] = [
    ['of another chart', { machine: 'watch' }, 'chart watch'],
    ['of a newer version', { version: fileGroupVersion + 1 }, `version ${fileGroupVersion + 1}`],
    ['of a version that never was', { version: 0 }, 'never was'],
    ['of half a version', { version: 1.5 }, 'never was'],
    ['that is nothing', { snapshot: null }, 'nothing is stored'],
    ['that is a text', { snapshot: 'waiting' }, 'nothing is stored'],
    ['in a state the chart does not have', changed({ value: 'gone' }), 'no state "gone"'],
    ['without a state', changed({ value: undefined }), 'no state undefined'],
    ['with a nested state', changed({ value: { open: 'x' } }), 'no state {"open":"x"}'],
    ['without its effects', changed({ children: undefined }), 'effects are missing'],
    ['without a context', changed({ context: undefined }), 'context is missing'],
    ['with an empty context', changed({ context: null }), 'context is missing'],
    ['without components', inContext({ components: undefined }), 'components is missing'],
    ['without a policy', inContext({ policy: null }), 'policy is missing'],
    ['with a number for a name', inContext({ watchName: 7 }), 'watchName is missing'],
    ['with a component that is none', inContext({ components: { '/in/a': {} } }), 'a component is not whole'],
  ];

  test.each(refusals)('%s is refused with the reason and a remedy', (_, change, reason) => {
    const read = readSnapshot({ ...envelope, ...change });
    expect(read).toMatchObject({
      ok: false,
      reason: expect.stringContaining(reason),
      remedy: expect.stringMatching(/^(run|restore) /),
    });
  });

  test('is refused for these reasons only', () => {
    expect(readSnapshot(envelope)).toEqual({ ok: true, snapshot: sound });
  });
});
