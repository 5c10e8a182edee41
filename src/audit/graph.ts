import type { AnyStateMachine } from 'xstate';
import { eventName } from '../../machines/file-group/facts.ts';

/** A chart as data: what is drawn, counted and walked. Always read from the machine that runs, never kept by hand. */
export interface ChartGraph {
  /** The machine's id. */
  readonly chart: string;
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
}

/** A state of a chart. */
export interface ChartState {
  /** Its path in the chart, e.g. `lifecycle.serving.running`. */
  readonly id: string;
  /** The last part of the path. */
  readonly name: string;
  /** The state that it is a part of; null: the chart itself. */
  readonly parent: string | null;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final';
  /** What it means, in a sentence or two. */
  readonly description: string | null;
  /** The effects that run in it. */
  readonly effects: readonly string[];
  /** Its parent begins here. */
  readonly isInitial: boolean;
}

/** Everything that leads from one state to another by one event. */
export interface ChartTransition {
  /** A state's id; null: the chart as a whole, wherever it is. */
  readonly from: string | null;
  /** A state's id; null: the event is taken note of, and the state stays. */
  readonly to: string | null;
  /** In the words of the history: `files.settled`, `decide.done`, `always`, `after retryDelay`. */
  readonly event: string;
  /** The guards of its branches; null stands for a branch without one. */
  readonly guards: readonly (string | null)[];
}

type Node = AnyStateMachine['root'];

/** Reads the graph of a machine. */
export function chartGraph(machine: AnyStateMachine): ChartGraph {
  const states: ChartState[] = [];
  const transitions = new Map<string, ChartTransition & { guards: (string | null)[] }>();
  const visit = (node: Node): void => {
    if (node.path.length > 0) states.push(stateOf(node));
    for (const { event, target, guard } of branchesOf(node)) {
      const from = idOf(node);
      const to = target === null ? null : idOf(target);
      const key = JSON.stringify([from, event, to]);
      const known = transitions.get(key) ?? { from, to, event, guards: [] };
      known.guards.push(guard);
      transitions.set(key, known);
    }
    for (const child of Object.values(node.states)) visit(child);
  };
  visit(machine.root);
  return { chart: machine.id, states, transitions: [...transitions.values()] };
}

function idOf(node: Node): string | null {
  return node.path.length === 0 ? null : node.path.join('.');
}

function stateOf(node: Node): ChartState {
  return {
    id: node.path.join('.'),
    name: node.key,
    parent: node.path.slice(0, -1).join('.') || null,
    kind: node.type === 'history' ? 'atomic' : node.type,
    description: node.description ?? null,
    effects: node.invoke.map(({ id }) => id),
    isInitial: node.parent?.type === 'compound' && node.parent.initial.target.includes(node),
  };
}

interface Branch {
  readonly event: string;
  /** Null: the state stays. */
  readonly target: Node | null;
  readonly guard: string | null;
}

function branchesOf(node: Node): readonly Branch[] {
  const delays = new Map(node.after.map(({ eventType, delay }) => [eventType, String(delay)]));
  const named = [...node.transitions].flatMap(([type, branches]) => {
    const delay = delays.get(type);
    return branches.map((branch) => ({ event: delay === undefined ? eventName(type) : `after ${delay}`, branch }));
  });
  return [...named, ...(node.always ?? []).map((branch) => ({ event: 'always', branch }))].map(({ event, branch }) => ({
    event,
    target: branch.target?.[0] ?? null,
    guard: guardName(branch.guard),
  }));
}

function guardName(guard: unknown): string | null {
  if (typeof guard === 'string') return guard;
  const isNamed = typeof guard === 'object' && guard !== null && 'type' in guard && typeof guard.type === 'string';
  return isNamed ? String(guard.type) : null;
}
