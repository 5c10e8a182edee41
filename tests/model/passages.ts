import { initialTransition, transition } from 'xstate';
import { fileGroupMachine, groupStates, isResting, type GroupState } from '../../machines/file-group/index.ts';
import {
  explore,
  shortestPassages,
  takenTransitions,
  type GroupSnapshot,
  type ModelEvent,
  type ModelPath,
  type TransitionName,
} from '../support/graph.ts';
import { isHeldUp } from './ends.ts';
import { profiles, type Profile } from './profiles.ts';

/** One thing that happens on a walk. */
export interface Step {
  readonly event: ModelEvent;
  readonly before: GroupSnapshot;
  readonly after: GroupSnapshot;
  readonly transitions: readonly TransitionName[];
  /** The database must not know the state that the group is in when it happens. */
  readonly isUnrecorded: boolean;
}

/** A walk of one group from its first file through the chart. */
export interface Walk {
  /** Of the watch that is its stage. */
  readonly name: string;
  readonly profile: Profile;
  readonly start: GroupSnapshot;
  readonly steps: readonly Step[];
}

/**
 * Events that reach a group only for the sake of what is recorded of it: it has
 * gone on from that state a moment ago, and the database does not know yet.
 */
const recordedAs: Readonly<Partial<Record<TransitionName, GroupState>>> = Object.fromEntries([
  ...['assessing', 'extracting', 'deciding'].map((state) => [
    `${state} · rules.changed · 1 → assessing`,
    'notSelected',
  ]),
  ['adopting · rules.changed · 1 → assessing', 'waiting'],
]);

interface Found {
  readonly profile: Profile;
  readonly events: readonly ModelEvent[];
  /** How many events lead to the state that is recorded. */
  readonly recorded: number | null;
}

/** The walks that take every transition which the profiles offer, as few as the longest of the shortest ways make them. */
export function walks(): readonly Walk[] {
  const found = shortest();
  const chosen: Walk[] = [];
  const covered = new Set<TransitionName>();
  for (const [name, { profile, events, recorded }] of [...found].toSorted(
    ([, a], [, b]) => b.events.length - a.events.length,
  )) {
    if (covered.has(name)) continue;
    const walk = walkOf(`${profile.name}${chosen.length}`, profile, events, recorded);
    chosen.push(walk);
    for (const { transitions } of walk.steps) for (const taken of transitions) covered.add(taken);
  }
  return chosen;
}

function shortest(): ReadonlyMap<TransitionName, Found> {
  const found = new Map<TransitionName, Found>();
  const keep = (name: TransitionName, candidate: Found) => {
    const best = found.get(name);
    if (best === undefined || candidate.events.length < best.events.length) found.set(name, candidate);
  };
  for (const profile of profiles) {
    const situations = explore(profile.exploration);
    for (const [name, { path, event }] of shortestPassages(profile.exploration, situations)) {
      if (recordedAs[name] === undefined) keep(name, { profile, events: [...path.events, event], recorded: null });
    }
    for (const [name, state] of Object.entries(recordedAs)) {
      const way = beginningOf(
        name,
        profile,
        situations.filter((path) => path.state.value === state),
      );
      if (way !== null) keep(name, way);
    }
  }
  return found;
}

/** The shortest walk to a transition by way of one of these situations, which is recorded last. */
function beginningOf(name: TransitionName, profile: Profile, ways: readonly ModelPath[]): Found | null {
  for (const way of ways.toSorted((a, b) => a.events.length - b.events.length)) {
    const onward = explore(profile.exploration, way, ({ value }) => isResting(value));
    const passage = shortestPassages(
      profile.exploration,
      onward.filter(({ events }) => isUnderWay(events, way)),
    ).get(name);
    if (passage !== undefined) {
      return { profile, events: [...passage.path.events, passage.event], recorded: way.events.length };
    }
  }
  return null;
}

function shortestTo(situations: readonly ModelPath[], state: GroupState | undefined): ModelPath | null {
  const ways = situations.filter((path) => path.state.value === state);
  return ways.toSorted((a, b) => a.events.length - b.events.length)[0] ?? null;
}

/** Whether a path goes on from its waypoint by a file, without coming to rest but perhaps at its end. */
function isUnderWay(events: readonly ModelEvent[], way: ModelPath): boolean {
  let state = way.state;
  for (const [i, event] of events.slice(way.events.length).entries()) {
    if (i === 0 ? !event.type.startsWith('files.') : isResting(state.value)) return false;
    state = next(state, event);
  }
  return true;
}

function next(state: GroupSnapshot, event: ModelEvent): GroupSnapshot {
  // An effect's end is an event like any other to the chart.
  return transition(fileGroupMachine, state, event as Extract<ModelEvent, { type: 'retry.due' }>)[0];
}

function walkOf(name: string, profile: Profile, events: readonly ModelEvent[], recorded: number | null): Walk {
  const [start] = initialTransition(
    fileGroupMachine,
    profile.exploration.input as Parameters<typeof initialTransition<typeof fileGroupMachine>>[1],
  );
  let before = start;
  const steps = events.map((event, i): Step => {
    const after = next(before, event);
    const step = {
      event,
      before,
      after,
      transitions: takenTransitions(fileGroupMachine, before, event),
      isUnrecorded: recorded !== null && i > recorded,
    };
    before = after;
    return step;
  });
  return { name, profile, start, steps };
}

/** The shortest walk into each state. */
export function walksIntoStates(): readonly Walk[] {
  const explored = profiles.map((profile) => ({ profile, situations: explore(profile.exploration) }));
  return groupStates.flatMap((state) => {
    const ways = explored.flatMap(({ profile, situations }) => {
      const way = shortestTo(situations, state);
      return way === null || !isHeldUp(way.state, profile.name === 'moving') ? [] : [{ profile, way }];
    });
    const [best] = ways.toSorted((a, b) => a.way.events.length - b.way.events.length);
    return best === undefined ? [] : [walkOf(state, best.profile, best.way.events, null)];
  });
}
