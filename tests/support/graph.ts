import { getShortestPaths } from '@xstate/graph';
import type { AnyStateMachine, InputFrom, SnapshotFrom } from 'xstate';
import { fileGroupMachine, type GroupEvent } from '../../machines/file-group/index.ts';

/** The graph of a chart, from the only file that imports the graph library. */

/** The production chart's snapshot. */
export type GroupSnapshot = SnapshotFrom<typeof fileGroupMachine>;

/** What the answer of an effect, or its failure, looks like to the chart. */
export type EffectEvent =
  | { readonly type: `xstate.done.actor.${string}`; readonly output: unknown }
  | { readonly type: `xstate.error.actor.${string}`; readonly error: unknown };

/** Everything that can happen to a group: what it is told, and how its effects end. */
export type ModelEvent = GroupEvent | EffectEvent;

/** A way from the start to a situation. */
export interface ModelPath {
  readonly state: GroupSnapshot;
  /** In order, without the start itself. */
  readonly events: readonly ModelEvent[];
}

/** How the graph is walked. */
export interface Exploration {
  readonly input: InputFrom<typeof fileGroupMachine>;
  /** What may happen in a situation. */
  readonly eventsIn: (state: GroupSnapshot) => readonly ModelEvent[];
  /** What tells situations apart; those with the same text are one. It must have finitely many values. */
  readonly distinguish: (state: GroupSnapshot) => string;
}

/** The shortest path to every situation that the chart can come into. */
export function explore({ input, eventsIn, distinguish }: Exploration): readonly ModelPath[] {
  const paths = getShortestPaths(fileGroupMachine, {
    input,
    // The library's types know the chart's own events only; an effect's end is an event like any other to it.
    events: (state) => eventsIn(state) as readonly GroupEvent[],
    serializeState: distinguish,
    limit: 500_000,
  });
  return paths.map(({ state, steps }) => ({
    state,
    events: steps.map(({ event }): ModelEvent => event).filter(({ type }) => !type.startsWith('xstate.init')),
  }));
}

/** One branch of a transition that a chart declares, as `state · event · number → target`. */
export type TransitionName = string;

/** Every branch of every transition that a flat chart declares, read from its configuration. */
export function declaredTransitions(machine: AnyStateMachine): readonly TransitionName[] {
  return Object.entries({ [machine.id]: { on: machine.config.on ?? {} }, ...machine.config.states }).flatMap(
    ([state, config]) => [
      ...Object.entries(config.on ?? {}).flatMap(([event, branches]) => named(state, event, branches)),
      ...['invoke' in config ? (config.invoke ?? []) : []].flat().flatMap((invoke) => {
        if (typeof invoke === 'string') return [];
        return [
          ...named(state, `xstate.done.actor.${invoke.id}`, invoke.onDone),
          ...named(state, `xstate.error.actor.${invoke.id}`, invoke.onError),
        ];
      }),
    ],
  );
}

function named(state: string, event: string, branches: unknown): readonly TransitionName[] {
  if (branches === undefined) return [];
  return [branches].flat().map((branch: unknown, i) => nameOf(state, event, i, targetOf(branch)));
}

function targetOf(branch: unknown): string | null {
  if (typeof branch === 'string') return branch;
  if (typeof branch !== 'object' || branch === null || !('target' in branch)) return null;
  return String(branch.target);
}

function nameOf(state: string, event: string, branch: number, target: string | null): TransitionName {
  return `${state} · ${event} · ${branch + 1} → ${target ?? 'stays'}`;
}

/** The branch that an event takes in a situation, or null: the event means nothing there. */
export function takenTransition(state: GroupSnapshot, event: ModelEvent): TransitionName | null {
  const [taken] = fileGroupMachine.getTransitionData(state, event as GroupEvent);
  if (taken === undefined) return null;
  const branch = taken.source.transitions.get(event.type)?.indexOf(taken) ?? -1;
  return nameOf(taken.source.key, event.type, branch, taken.target?.[0]?.key ?? null);
}
