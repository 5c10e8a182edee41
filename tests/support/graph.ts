import { getShortestPaths } from '@xstate/graph';
import {
  createEmptyActor,
  getMicrosteps,
  type AnyActorRef,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type SnapshotFrom,
} from 'xstate';
import type { fileGroupMachine, GroupEvent } from '../../machines/file-group/index.ts';

/** The graph of a chart, from the only file that imports the graph library. */

/** The production chart's snapshot. */
export type GroupSnapshot = SnapshotFrom<typeof fileGroupMachine>;

/** What the answer of an effect, or its failure, looks like to the chart. */
export type EffectEvent =
  | { readonly type: `xstate.done.actor.${string}`; readonly output: unknown }
  | { readonly type: `xstate.error.actor.${string}`; readonly error: unknown };

/** Everything that can happen to a group: what it is told, and how its effects end. */
export type ModelEvent = GroupEvent | EffectEvent;

/** An event of any chart. */
export interface ChartEvent {
  readonly type: string;
}

/** A way from the start to a situation. */
export interface ChartPath<Snapshot, Event> {
  readonly state: Snapshot;
  /** In order, without the start itself. */
  readonly events: readonly Event[];
}

/** A way of a group. */
export type ModelPath = ChartPath<GroupSnapshot, ModelEvent>;

/** How a graph is walked. */
export interface ChartExploration<Snapshot, Event> {
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  /** What may happen in a situation. */
  readonly eventsIn: (state: Snapshot) => readonly Event[];
  /** What tells situations apart; those with the same text are one. It must have finitely many values. */
  readonly distinguish: (state: Snapshot) => string;
  /** Is told of each step that is looked at on the way: every event, in every situation, that has transitions for it. */
  readonly onStep?: (state: Snapshot, event: Event, next: Snapshot) => void;
}

/** How the graph of a group is walked. */
export type Exploration = ChartExploration<GroupSnapshot, ModelEvent>;

/**
 * The shortest path to every situation that a chart can come into.
 *
 * @param from - begin where this path ends, instead of at the start; the paths then lead through it
 * @param isEnd - where not to go on, but at the beginning
 */
export function explore<Snapshot extends AnyMachineSnapshot, Event extends ChartEvent>(
  exploration: ChartExploration<Snapshot, Event>,
  from: ChartPath<Snapshot, Event> = { state: firstOf(exploration), events: [] },
  isEnd: (state: Snapshot) => boolean = () => false,
): readonly ChartPath<Snapshot, Event>[] {
  const distinguish = (state: AnyMachineSnapshot) => exploration.distinguish(state as Snapshot);
  // Breadth comes first: a way to a situation that has been met already is no shorter, and need not be walked.
  const met = new Set([distinguish(from.state)]);
  const isNew = (state: AnyMachineSnapshot, event: Event): boolean => {
    const next = transitionOf(exploration.machine, state, event);
    exploration.onStep?.(state as Snapshot, event, next as Snapshot);
    const situation = distinguish(next);
    return !met.has(situation) && met.add(situation) === met;
  };
  // The library's types know the chart's own events only; an effect's end is an event like any other to it.
  const paths = getShortestPaths(exploration.machine, {
    fromState: from.state,
    events: (state: AnyMachineSnapshot) =>
      exploration.eventsIn(state as Snapshot).filter((event) => isHeard(state, event) && isNew(state, event)),
    serializeState: distinguish,
    serializeEvent: numberOf,
    stopWhen: (state: AnyMachineSnapshot) => state !== from.state && isEnd(state as Snapshot),
    limit: 500_000,
  });
  return paths.map(({ state, steps }) => ({
    state: state as Snapshot,
    events: [
      ...from.events,
      ...steps.map(({ event }) => event as ChartEvent as Event).filter(({ type }) => !type.startsWith('xstate.init')),
    ],
  }));
}

/** Where an event leads, by XState's own interpreter; nothing is begun. */
export function transitionOf(
  machine: AnyStateMachine,
  state: AnyMachineSnapshot,
  event: ChartEvent,
): AnyMachineSnapshot {
  return machine.transition(state, event, nowhere);
}

/** A place for transitions that are only looked at. */
const nobody: AnyActorRef = createEmptyActor();
const nowhere: Parameters<AnyStateMachine['transition']>[2] = {
  self: nobody,
  system: nobody.system,
  id: '',
  sessionId: '',
  logger: () => undefined,
  defer: () => undefined,
  stopChild: () => undefined,
  emit: () => undefined,
  actionExecutor: () => undefined,
};

const numbers = new WeakMap<object, string>();
let count = 0;

/** Events are told apart as objects; their contents are long. */
function numberOf(event: object): string {
  const known = numbers.get(event);
  if (known !== undefined) return known;
  count += 1;
  numbers.set(event, String(count));
  return String(count);
}

/** Whether some state of a situation has transitions for this event; otherwise it changes nothing. */
export function isHeard(state: AnyMachineSnapshot, { type }: ChartEvent): boolean {
  return state._nodes.some((node: Node) => node.transitions.has(type));
}

function firstOf<Snapshot, Event>({ machine, input }: ChartExploration<Snapshot, Event>): Snapshot {
  const [first] = getShortestPaths(machine, { input, events: [], limit: 1 });
  return first?.state as Snapshot;
}

/** One branch of a transition that a chart declares, as `state · event · number → target`. */
export type TransitionName = string;

type Node = AnyStateMachine['root'];
type Branch = ReturnType<AnyStateMachine['getTransitionData']>[number];

/** The event of transitions that need none. */
const always = 'always';

/** A state and all those within it. */
export function nodesOf(node: Node): readonly Node[] {
  return [node, ...Object.values(node.states).flatMap((child: Node) => nodesOf(child))];
}

/** Every branch of every transition that a chart declares: of events, effects' ends, delays, and those without an event. */
export function declaredTransitions(machine: AnyStateMachine): readonly TransitionName[] {
  return nodesOf(machine.root).flatMap((node) => [
    ...[...node.transitions].flatMap(([event, branches]) => branches.map((branch, i) => nameOf(event, branch, i))),
    ...(node.always ?? []).map((branch, i) => nameOf(always, branch, i)),
  ]);
}

function nameOf(event: string, branch: Branch, index: number): TransitionName {
  const target = branch.target?.map((node: Node) => keyOf(node)).join(', ');
  return `${keyOf(branch.source)} · ${event} · ${index + 1} → ${target ?? 'stays'}`;
}

/** `serving.running`; the chart's own name for its root. */
function keyOf(node: Node): string {
  return node.path.join('.') || node.key;
}

/** The branches that an event takes in a situation, and those without an event that follow; none: it means nothing there. */
export function takenTransitions(
  machine: AnyStateMachine,
  state: AnyMachineSnapshot,
  event: ChartEvent,
): readonly TransitionName[] {
  const taken: readonly Branch[] = machine.getTransitionData(state, event);
  const names = taken.map((branch) => {
    const branches = branch.source.transitions.get(event.type) ?? [];
    return nameOf(event.type, branch, branches.indexOf(branch));
  });
  const isLeading = taken.some((branch) => mayGoOn(machine, [...state._nodes, ...(branch.target ?? [])]));
  return isLeading ? [...names, ...eventless(machine, state, event)] : names;
}

const goingOn = new WeakMap<AnyStateMachine, readonly Node[]>();

/** Whether one of these states, or one within them, has transitions without an event. */
function mayGoOn(machine: AnyStateMachine, entered: readonly Node[]): boolean {
  const nodes = goingOn.get(machine) ?? nodesOf(machine.root).filter((node) => (node.always ?? []).length > 0);
  goingOn.set(machine, nodes);
  return nodes.some((node) =>
    entered.some((outer) => node === outer || (outer !== machine.root && isWithin(node, outer))),
  );
}

/** Whether a state is somewhere within another. */
export function isWithin(node: Node, outer: Node): boolean {
  for (let parent = node.parent; parent !== undefined; parent = parent.parent) if (parent === outer) return true;
  return false;
}

function eventless(machine: AnyStateMachine, state: AnyMachineSnapshot, event: ChartEvent): readonly TransitionName[] {
  const steps = getMicrosteps(machine, state, event).map(([snapshot]) => snapshot);
  return steps.slice(1).flatMap((after, i) => {
    const before: readonly Node[] = steps[i]?._nodes ?? [];
    const entered = new Set<Node>(after._nodes);
    for (const node of before) {
      const branches: readonly Branch[] = node.always ?? [];
      const index = branches.findIndex((branch) => isOpen(machine, branch, steps[i]?.context, event));
      const branch = branches[index];
      if (branch !== undefined && !entered.has(node)) return [nameOf(always, branch, index)];
    }
    return [];
  });
}

/** Whether a branch's guard, if it has one, lets it be taken; the charts' guards have names. */
function isOpen(machine: AnyStateMachine, { guard }: Branch, context: unknown, event: ChartEvent): boolean {
  if (guard === undefined) return true;
  const ask: unknown = typeof guard === 'string' ? machine.implementations.guards[guard] : undefined;
  if (typeof ask !== 'function') throw new TypeError('a guard of a transition without an event needs a name');
  return Boolean(ask({ context, event }, undefined));
}

/** A path into a situation, and an event that takes the transition there. */
export interface Passage<Snapshot, Event> {
  readonly path: ChartPath<Snapshot, Event>;
  readonly event: Event;
}

/** The shortest passage of each transition that is taken anywhere in these situations. */
export function shortestPassages<Snapshot extends AnyMachineSnapshot, Event extends ChartEvent>(
  exploration: ChartExploration<Snapshot, Event>,
  situations: readonly ChartPath<Snapshot, Event>[],
): ReadonlyMap<TransitionName, Passage<Snapshot, Event>> {
  const missing = new Set(declaredTransitions(exploration.machine));
  const passages = new Map<TransitionName, Passage<Snapshot, Event>>();
  for (const path of situations.toSorted((a, b) => a.events.length - b.events.length)) {
    if (missing.size === 0) break;
    for (const event of exploration.eventsIn(path.state)) {
      for (const name of takenTransitions(exploration.machine, path.state, event)) {
        if (!passages.has(name)) passages.set(name, { path, event });
        missing.delete(name);
      }
    }
  }
  return passages;
}
