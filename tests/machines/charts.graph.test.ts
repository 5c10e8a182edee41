import { createActor, fromPromise, transition, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import { describe, expect, test } from 'vitest';
import { supervisorMachine, type SupervisorInput } from '../../machines/supervisor/index.ts';
import { watchMachine, type WatchInput } from '../../machines/watch/index.ts';
import {
  declaredTransitions,
  explore,
  nodesOf,
  shortestPassages,
  type ChartEvent,
  type ChartExploration,
  type TransitionName,
} from '../support/graph.ts';

// Goal: the charts of the service and of a watch can be in every state that they declare, take every transition, and
// an actor does what the graph says. Method: everything that a chart listens to is said in every situation it can be in;
// what is added to a chart is listened to, so that it is walked as well.

const watchInput: WatchInput = { name: 'w', probeEveryMs: 5000 };
const supervisorInput = (once: boolean): SupervisorInput => ({
  once,
  watches: [watchInput],
  reconcileEveryMs: 60_000,
});

/** What reading the rules can answer; the other effects answer nothing that a chart looks at. */
const answers: Readonly<Record<string, readonly unknown[]>> = {
  readRules: [
    { outcome: 'unchanged' },
    { outcome: 'changed', version: 'r2' },
    { outcome: 'invalid', problems: ['line 3'] },
  ],
};

/** The chart without anything outside: its effects never end by themselves, and it tells nobody. */
function silent(machine: AnyStateMachine): AnyStateMachine {
  const { actors, actions } = machine.implementations;
  const never = fromPromise(() => new Promise(() => undefined));
  const told = Object.keys(actions).filter((name) => /^(report|announce|apply|close)/.test(name));
  return machine.provide({
    actors: Object.fromEntries(Object.keys(actors).map((name) => [name, never])),
    actions: Object.fromEntries(told.map((name) => [name, () => undefined])),
  });
}

/** Everything that the active states listen to, said with every answer there is. */
function eventsIn(state: AnyMachineSnapshot): readonly ChartEvent[] {
  const types = new Set(state._nodes.flatMap((node) => [...node.transitions.keys()]));
  return [...types].flatMap((type) => {
    const outputs = answers[type.slice(type.lastIndexOf('.') + 1)] ?? [undefined];
    return outputs.map((output) => ({
      type,
      name: 'w',
      health: 'watching',
      reason: 'so',
      output,
      error: new Error('so'),
    }));
  });
}

/** Flags and states; texts and counts do not tell situations apart. */
function distinguish({ value, context }: AnyMachineSnapshot): string {
  const flags = Object.entries(context).map(([key, part]) => [key, typeof part === 'boolean' ? part : part === null]);
  return JSON.stringify([value, flags]);
}

type Exploration = ChartExploration<AnyMachineSnapshot, ChartEvent>;

const explorationOf = (machine: AnyStateMachine, input: unknown): Exploration => ({
  machine: silent(machine),
  input,
  eventsIn,
  distinguish,
});

const charts: readonly (readonly [string, readonly Exploration[]])[] = [
  ['watch', [explorationOf(watchMachine, watchInput)]],
  ['supervisor', [false, true].map((once) => explorationOf(supervisorMachine, supervisorInput(once)))],
];

/** The branches that a real actor takes, in order. */
function follow(
  { machine, input }: Exploration,
  events: readonly ChartEvent[],
): { last: readonly string[]; value: unknown } {
  let last: string[] = [];
  const actor = createActor(machine, {
    input,
    inspect: (event) => {
      if (event.type !== '@xstate.microstep') return;
      for (const { source, eventType } of event._transitions)
        last.push(`${source.path.join('.') || source.key} · ${eventType || 'always'}`);
    },
  });
  actor.start();
  for (const event of events) {
    last = [];
    actor.send(event);
  }
  const { value } = actor.getSnapshot();
  actor.stop();
  return { last, value };
}

/** Where a chart is when every effect that runs fails, one after another, until none of that leads anywhere. */
function afterFailures({ machine }: Exploration, start: AnyMachineSnapshot): string {
  let state = start;
  for (let count = 0; count < 10; count += 1) {
    const failures = eventsIn(state).filter(({ type }) => type.startsWith('xstate.error.'));
    const next = failures
      .map((failure) => transition(machine, state, failure)[0] as AnyMachineSnapshot)
      .find(({ value }) => JSON.stringify(value) !== JSON.stringify(state.value));
    if (next === undefined) return JSON.stringify(state.value);
    state = next;
  }
  return 'nowhere';
}

/** Where a chart may be then. */
function ends(chart: string): readonly string[] {
  if (chart === 'watch') return ['lost', 'stopped'].map((state) => JSON.stringify(state));
  const lifecycles = ['stopped', 'failed', { serving: 'running' }];
  return lifecycles.flatMap((lifecycle) =>
    ['current', 'settling', 'rejected'].map((rules) => JSON.stringify({ lifecycle, rules, heartbeat: 'beating' })),
  );
}

describe.each(charts)('the chart %s', (name, explorations) => {
  const [first] = explorations;
  if (first === undefined) throw new Error('nothing to explore');
  const explored = explorations.map((exploration) => ({ exploration, situations: explore(exploration) }));
  const passages = explored.map(({ exploration, situations }) => ({
    exploration,
    passages: shortestPassages(exploration, situations),
  }));
  const taken = new Set<TransitionName>(passages.flatMap((one) => [...one.passages.keys()]));

  test('can be in every state that it declares', () => {
    const reached = new Set(
      explored.flatMap(({ situations }) => situations.flatMap(({ state }) => state._nodes.map(({ id }) => id))),
    );
    // `opening` of the service is left at once.
    const isPassed = (node: (typeof nodes)[number]) => (node.always ?? []).some(({ guard }) => guard === undefined);
    const nodes = nodesOf(first.machine.root);
    const declared = nodes.filter((node) => !isPassed(node)).map(({ id }) => id);
    expect(declared.filter((id) => !reached.has(id))).toEqual([]);
  });

  test('takes every branch of every transition that it declares', () => {
    expect(declaredTransitions(first.machine).filter((name) => !taken.has(name))).toEqual([]);
  });

  test('is followed by a real actor on every transition', () => {
    for (const { exploration, passages: found } of passages) {
      for (const [passage, { path, event }] of found) {
        const { last } = follow(exploration, [...path.events, event]);
        if (!last.includes(passage.split(' · ').slice(0, 2).join(' · '))) expect(last).toBe(passage);
      }
    }
  });

  test('comes to an end, or to a state that waits for a time, when everything fails', () => {
    for (const { exploration, situations } of explored) {
      // The flags have no part in it.
      const states = new Map(situations.map(({ state }) => [JSON.stringify(state.value), state]));
      for (const state of states.values()) expect(ends(name)).toContain(afterFailures(exploration, state));
    }
  });
});
