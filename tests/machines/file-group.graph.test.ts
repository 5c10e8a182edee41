import { waitFor } from 'xstate';
import { describe, expect, test } from 'vitest';
import { fileGroupMachine, groupStates, type GroupState } from '../../machines/file-group/index.ts';
import { declaredTransitions, explore, shortestPassages, type EffectEvent, type ModelEvent } from '../support/graph.ts';
import { GroupDriver } from './group-driver.ts';
import { groupModel, pairModel } from './group-model.ts';
import { profiles } from '../model/profiles.ts';
import { breaking, invariants, invariantsOfEvents } from './invariants.ts';

const situations = explore(groupModel);
const declared = declaredTransitions(fileGroupMachine);

const passages = new Map([
  ...shortestPassages(pairModel, explore(pairModel)),
  ...shortestPassages(groupModel, situations),
]);

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
    adoptComponents: group.adopt,
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
  test.each(Object.entries(invariants))('%s', (_, rule) => {
    expect(breaking(rule, groupModel, situations)).toEqual([]);
  });
});

// Those that offer more than what they are there for.
const wide = profiles.filter(({ name }) => ['single', 'moving', 'skipping', 'pair'].includes(name));

describe.each(wide)('under the rules "$name"', ({ exploration }) => {
  const reached = explore(exploration);

  test.each(Object.entries(invariantsOfEvents))('%s', (_, rule) => {
    expect(breaking(rule, exploration, reached)).toEqual([]);
  });
});
