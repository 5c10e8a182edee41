import { groupStates, storedState, type GroupState } from '../../machines/file-group/index.ts';
import type { RecordedStep } from '../store/read/history.ts';
import type { ChartGraph, ChartTransition } from './graph.ts';

/** A transition with what the history knows of it. */
export interface WalkedTransition extends ChartTransition {
  readonly count: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  /** False: the history has it, the chart of this version has not. */
  readonly isDeclared: boolean;
}

/** A chart with the ways that were taken through it. */
export interface WalkedGraph extends Omit<ChartGraph, 'transitions'> {
  readonly transitions: readonly WalkedTransition[];
  /** Steps of states that this chart does not have. */
  readonly unknown: readonly RecordedStep[];
}

interface Tally {
  count: number;
  firstAt: number;
  lastAt: number;
}

const stateNames = new Map<string, GroupState>(groupStates.map((state) => [storedState(state), state]));

/** The chart's name of a stored state; null: this chart has none of that name. */
export function stateName(stored: string): GroupState | null {
  return stateNames.get(stored) ?? null;
}

/** Finds the steps of the history in the chart of file groups. */
export function walkGraph(graph: ChartGraph, steps: readonly RecordedStep[]): WalkedGraph {
  const tallies = new Map<ChartTransition, Tally>();
  const unknown: RecordedStep[] = [];
  const undeclared: ChartTransition[] = [];
  for (const step of steps) {
    const from = step.fromState === null ? null : stateName(step.fromState);
    const to = stateName(step.toState);
    if (to === null || (from === null && step.fromState !== null)) unknown.push(step);
    // A new group's first step is the arrow into the chart.
    else if (from !== null) {
      for (const transition of transitionsOf(graph, undeclared, { from, to, event: step.event }))
        note(tallies, transition, step);
    }
  }
  const transitions = [...graph.transitions, ...undeclared].map((transition): WalkedTransition => {
    const tally = tallies.get(transition);
    const { count = 0, firstAt = null, lastAt = null } = tally ?? {};
    return { ...transition, count, firstAt, lastAt, isDeclared: !undeclared.includes(transition) };
  });
  return { ...graph, transitions, unknown };
}

function note(tallies: Map<ChartTransition, Tally>, transition: ChartTransition, step: RecordedStep): void {
  const tally = tallies.get(transition) ?? { count: 0, firstAt: step.firstAt, lastAt: step.lastAt };
  tally.count += step.count;
  tally.firstAt = Math.min(tally.firstAt, step.firstAt);
  tally.lastAt = Math.max(tally.lastAt, step.lastAt);
  tallies.set(transition, tally);
}

interface Step {
  readonly from: string;
  readonly to: string;
  readonly event: string;
}

/** The transitions that make a step: one, or two where the chart goes on at once. One that it does not have is added. */
function transitionsOf(graph: ChartGraph, undeclared: ChartTransition[], step: Step): readonly ChartTransition[] {
  const { from, to, event } = step;
  const own = graph.transitions.filter((one) => one.from === from && one.event === event);
  const anywhere = graph.transitions.filter((one) => one.from === null && one.event === event);
  const direct =
    own.find((one) => one.to === to) ??
    (from === to ? [...own, ...anywhere].find((one) => one.to === null) : undefined) ??
    anywhere.find((one) => one.to === to);
  if (direct !== undefined) return [direct];
  for (const first of [...own, ...anywhere]) {
    const passed = first.to ?? from;
    const second = graph.transitions.find((one) => one.event === 'always' && one.from === passed && one.to === to);
    if (second !== undefined) return [first, second];
  }
  const known = undeclared.find((one) => one.from === from && one.to === to && one.event === event);
  if (known !== undefined) return [known];
  const added: ChartTransition = { from, to, event, guards: [null] };
  undeclared.push(added);
  return [added];
}
