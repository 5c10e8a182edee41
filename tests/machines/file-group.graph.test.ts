import { waitFor } from 'xstate';
import { describe, expect, test } from 'vitest';
import {
  fileGroupMachine,
  groupStates,
  componentStatus,
  isResting,
  type GroupState,
} from '../../machines/file-group/index.ts';
import {
  declaredTransitions,
  explore,
  takenTransition,
  type EffectEvent,
  type ModelEvent,
  type ModelPath,
  type TransitionName,
} from '../support/graph.ts';
import { GroupDriver } from './group-driver.ts';
import { groupModel } from './group-model.ts';

const situations = explore(groupModel);
const declared = declaredTransitions(fileGroupMachine);

/** A shortest path into a situation, and an event that takes the transition there. */
interface Passage {
  readonly path: ModelPath;
  readonly event: ModelEvent;
}

function shortestPassages(): ReadonlyMap<TransitionName, Passage> {
  const passages = new Map<TransitionName, Passage>();
  for (const path of situations) {
    for (const event of groupModel.eventsIn(path.state)) {
      const name = takenTransition(path.state, event);
      if (name === null) continue;
      const best = passages.get(name);
      if (best === undefined || path.events.length < best.path.events.length) passages.set(name, { path, event });
    }
  }
  return passages;
}

const passages = shortestPassages();

function isEffectEvent(event: ModelEvent): event is EffectEvent {
  return event.type.startsWith('xstate.');
}

/** Lets it happen to a real actor: an effect's end by the effect, all else by an event. */
async function happen(group: GroupDriver, event: ModelEvent): Promise<void> {
  if (!isEffectEvent(event)) {
    group.send(event);
    return;
  }
  const effects: Readonly<
    Record<string, { readonly last: { answer(output: unknown): void; fail(error: unknown): void } }>
  > = {
    assessComponents: group.assess,
    extractMetadata: group.extract,
    decide: group.decide,
    transferComponents: group.transfer,
    removeSources: group.remove,
  };
  const effect = effects[event.type.slice(event.type.lastIndexOf('.') + 1)];
  if (effect === undefined) throw new Error(`no effect for ${event.type}`);
  const before = group.actor.getSnapshot();
  if ('error' in event) effect.last.fail(event.error);
  else effect.last.answer(event.output);
  await waitFor(group.actor, (snapshot) => snapshot !== before, { timeout: 1000 });
}

describe('the graph of the chart', () => {
  test('every declared state is reached, and no other', () => {
    const reached = new Set(situations.map(({ state }) => state.value));
    expect([...reached].sort()).toEqual([...groupStates].sort());
  });

  test('every branch of every declared transition is taken', () => {
    expect(declared.filter((name) => !passages.has(name))).toEqual([]);
  });

  test('no transition is taken that the configuration does not declare', () => {
    expect([...passages.keys()].filter((name) => !declared.includes(name))).toEqual([]);
  });

  test('from every state a way leads on to the archive', () => {
    const leads = new Map<GroupState, Set<GroupState>>();
    for (const [name] of passages) {
      const [state, , rest] = name.split(' · ');
      const target = rest?.split(' → ')[1];
      const from = groupStates.find((known) => known === state);
      const to = groupStates.find((known) => known === target);
      if (from !== undefined && to !== undefined) leads.set(to, (leads.get(to) ?? new Set()).add(from));
    }
    const leading = new Set<GroupState>(['archived']);
    for (const state of leading) for (const from of leads.get(state) ?? []) leading.add(from);
    expect([...leading].sort()).toEqual([...groupStates].sort());
  });
});

test.each([...passages])('a real actor takes %s as the model does', async (name, { path, event }) => {
  const group = GroupDriver.start({ policy: { maxRetries: 1 } });
  for (const step of path.events) await happen(group, step);
  expect(groupModel.distinguish(group.actor.getSnapshot())).toBe(groupModel.distinguish(path.state));
  await happen(group, event);
  expect(group.defects).toEqual([]);
  const target = name.split(' → ')[1];
  expect(group.state).toBe(target === 'stays' ? path.state.value : target);
});

describe('in every situation that the chart can come into', () => {
  /** Shortest ways into situations that break a rule; there must be none. */
  const breaking = (rule: (path: ModelPath['state']) => boolean): readonly string[] =>
    situations
      .filter(({ state }) => !rule(state))
      .slice(0, 3)
      .map(({ state, events }) => `${state.value}: ${events.map(({ type }) => type).join(', ')}`);

  test('a group at rest runs nothing, any other runs one effect', () => {
    const running = ({ value, children }: ModelPath['state']) => [value, Object.keys(children).length] as const;
    expect(
      breaking((state) => {
        const [value, count] = running(state);
        return count === (isResting(value) ? 0 : 1);
      }),
    ).toEqual([]);
  });

  test('a pending retry has its deadline', () => {
    expect(breaking(({ value, context }) => value !== 'retryPending' || context.dueAt !== null)).toEqual([]);
  });

  test('a waiting group whose time-out is not over has its deadline', () => {
    const isLost = ({ value, context }: ModelPath['state']) =>
      value === 'waiting' && !context.timedOut && context.dueAt !== context.timeoutAt;
    expect(breaking((state) => !isLost(state))).toEqual([]);
  });

  test('a group at rest that waits for no time has no deadline', () => {
    const timeless = new Set<GroupState>([
      'timedOut',
      'integrityFailed',
      'notSelected',
      'archived',
      'missing',
      'failed',
      'cleared',
    ]);
    expect(breaking(({ value, context }) => !timeless.has(value) || context.dueAt === null)).toEqual([]);
  });

  test('an archived group has its time of completion', () => {
    expect(breaking(({ value, context }) => value !== 'archived' || context.completedAt !== null)).toEqual([]);
  });

  test('the sources of nothing but archived components are removed', () => {
    const isEarly = ({ value, context }: ModelPath['state']) =>
      value === 'removingSources' &&
      Object.values(context.components).some((c) => c.verdict === 'passed' && !c.isCurrent);
    expect(breaking((state) => !isEarly(state))).toEqual([]);
  });

  test('nothing that came in during a transfer is left behind', () => {
    const isTransfer = (value: GroupState) => value === 'transferring' || value === 'removingSources';
    expect(breaking(({ value, context }) => isTransfer(value) || Object.keys(context.deferred).length === 0)).toEqual(
      [],
    );
  });

  test('no file in delivery is left unassessed in a state that nothing but a person leads out of', () => {
    const hasPending = ({ value, context }: ModelPath['state']) =>
      ['archived', 'timedOut', 'integrityFailed'].includes(value) &&
      context.policy.onRedelivery === 'archive' &&
      Object.values(context.components).some((c) => c.inDelivery && c.verdict === 'pending');
    expect(breaking((state) => !hasPending(state))).toEqual([]);
  });

  test('only what is in the archive has the status archived', () => {
    const lies = ({ value, context }: ModelPath['state']) =>
      Object.values(context.components).some(
        (c) => componentStatus(value, c) === 'archived' && (c.archived === null || !c.inArchive),
      );
    expect(breaking((state) => !lies(state))).toEqual([]);
  });

  test('a group with a lost copy that cannot be made again is missing, not archived; and only such a one', () => {
    const isLost = (context: ModelPath['state']['context']) =>
      Object.values(context.components).some((c) => c.archived !== null && !c.inArchive);
    expect(breaking(({ value, context }) => value !== 'archived' || !isLost(context))).toEqual([]);
    expect(breaking(({ value, context }) => value !== 'missing' || isLost(context))).toEqual([]);
  });

  test('a copy that was made stays on record, whatever becomes of the next revision', () => {
    const forgets = ({ context }: ModelPath['state']) =>
      context.completedAt !== null && Object.values(context.components).every((c) => c.archived === null);
    expect(breaking((state) => !forgets(state))).toEqual([]);
  });

  test('tries never exceed what the policy allows', () => {
    expect(breaking(({ context }) => context.attempt <= context.policy.maxRetries)).toEqual([]);
  });
});
