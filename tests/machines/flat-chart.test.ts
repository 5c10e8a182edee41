import { assign, setup, type Actor, type AnyActorLogic } from 'xstate';
import { describe, expect, test } from 'vitest';
import {
  fileGroupMachine,
  type GroupContext,
  type GroupInput,
  type GroupState,
} from '../../machines/file-group/index.ts';
import { FlatChart } from '../../machines/flat-chart.ts';
import { explore, isHeard, transitionOf, type GroupSnapshot, type ModelEvent } from '../support/graph.ts';
import { profiles } from '../model/profiles.ts';
import { groupModel } from './group-model.ts';
import { inputOf } from './group-words.ts';

const chart = new FlatChart<GroupState, GroupContext, GroupInput>(fileGroupMachine);

/** What a step of either interpreter comes to, as text: with what begins, if something does. */
function summary(value: unknown, context: unknown, begun: object): string {
  return JSON.stringify([value, context, begun]);
}

/** By XState: what a state invokes begins when the state is entered, with an input of that moment. */
function byXState(state: GroupSnapshot, next: GroupSnapshot): string {
  const former = new Set<unknown>(Object.values(state.children));
  const begun = Object.entries(next.children).filter(([, effect]) => !former.has(effect));
  const inputs = begun.map(([id, effect]) => [id, (effect as Actor<AnyActorLogic>).options.input]);
  return summary(next.value, next.context, Object.fromEntries(inputs));
}

function byFlatChart({ value, context }: GroupSnapshot, event: ModelEvent): string {
  const next = chart.next({ value, context }, event);
  if (next === null) return summary(value, context, {});
  const begun = next.isEntered ? chart.invocation(next.value) : null;
  return summary(
    next.value,
    next.context,
    begun === null ? {} : { [begun.id]: begun.input({ context: next.context, event }) },
  );
}

const explorations = [{ name: 'all that may happen', exploration: groupModel }, ...profiles];

describe('the flat chart of a file group', () => {
  test.each(explorations)(
    'goes where XState goes, and begins what it begins, in every situation under "$name"',
    ({ exploration }) => {
      const events = new Map<string, ModelEvent>();
      const met = new Map<GroupState, number>();
      let steps = 0;
      const differing: string[] = [];
      const compare = (state: GroupSnapshot, event: ModelEvent, next: GroupSnapshot) => {
        steps += 1;
        const [expected, found] = [byXState(state, next), byFlatChart(state, event)];
        if (found !== expected) differing.push(`${state.value} · ${event.type}: ${found} instead of ${expected}`);
      };
      // What XState has transitions for it takes on the way to the situations.
      for (const { state } of explore({ ...exploration, onStep: compare })) {
        const offered = exploration.eventsIn(state);
        for (const event of offered) events.set(event.type, event);
        const situations = (met.get(state.value) ?? 0) + 1;
        met.set(state.value, situations);
        // In some of each state's also one of each kind that is not to be expected there.
        const unexpected = situations % 10 === 1 ? [...events.values()] : [];
        const unheard = offered.filter((event) => !isHeard(state, event));
        for (const event of [...unheard, ...unexpected])
          compare(state, event, transitionOf(fileGroupMachine, state, event));
      }
      expect(differing.slice(0, 3)).toEqual([]);
      expect(steps).toBeGreaterThan(exploration === groupModel ? 10_000 : 0);
    },
    // Ten seconds of computing, beside whatever else the machine does.
    120_000,
  );

  test('begins as XState does', () => {
    const input = inputOf({ names: ['a.dat'] });
    const { value, context } = chart.initial(input);
    const first = fileGroupMachine.getInitialSnapshot(scopeOf(), input);
    expect({ value, context }).toEqual({ value: first.value, context: first.context });
  });
});

function scopeOf(): Parameters<typeof fileGroupMachine.getInitialSnapshot>[0] {
  const scope: unknown = {
    self: {},
    defer: () => undefined,
    actionExecutor: () => undefined,
    system: { _bookId: () => '' },
  };
  return scope as Parameters<typeof fileGroupMachine.getInitialSnapshot>[0];
}

/** A chart of two states, with more in it as a test asks for it. */
function small(first: object, rest: object = {}) {
  const words = setup({
    types: { context: {} as { count: number } },
    actions: { add: assign({ count: ({ context }) => context.count + 1 }), shout: () => undefined },
    guards: { both: () => true },
  });
  const config = { id: 'small', initial: 'on', context: { count: 0 }, states: { on: first, off: {} }, ...rest };
  return words.createMachine(config);
}

describe('a chart that is not flat is refused, and it is said why', () => {
  test.each([
    ['a state in a state', small({ initial: 'in', states: { in: {} } }), 'has on, which is compound'],
    ['a final state', small({ type: 'final' }), 'has on, which is final'],
    ['a timer', small({ after: { 100: 'off' } }), 'does something on leaving on, or by a timer'],
    ['an action on leaving', small({ exit: 'add' }), 'does something on leaving on, or by a timer'],
    ['an action with an effect', small({ entry: 'shout' }), 'has an action that is no assignment, shout'],
    ['events by a pattern', small({ on: { 'go.*': 'off' } }), 'takes events by a pattern, go.*'],
    ['states side by side', small({}, { type: 'parallel', initial: undefined }), 'has no initial state'],
    ['an action of the whole', small({}, { entry: 'add' }), 'does something as a whole'],
  ])('%s', (_, machine, why) => {
    expect(() => new FlatChart(machine)).toThrow(`the chart small is not flat: it ${why}`);
  });
});

describe('a flat chart', () => {
  const machine = small({
    on: {
      stay: { actions: 'add' },
      again: { target: 'on', actions: ['add', 'add'] },
      anew: { target: 'on', reenter: true },
      go: { target: 'off', guard: 'both' },
    },
  });
  const flat = new FlatChart<'on' | 'off', { count: number }, undefined>(machine);
  const start = flat.initial(undefined);

  test.each([
    ['stay', { value: 'on', context: { count: 1 }, isEntered: false }],
    ['again', { value: 'on', context: { count: 2 }, isEntered: false }],
    ['anew', { value: 'on', context: { count: 0 }, isEntered: true }],
    ['go', { value: 'off', context: { count: 0 }, isEntered: true }],
    ['unknown', null],
  ] as const)('takes %s as it is declared', (type, expected) => {
    expect(flat.next(start, { type })).toEqual(expected);
  });
});
