import type { AnyStateMachine } from 'xstate';
import { fileGroupMachine, supervisorMachine, watchMachine } from '../../machines/index.ts';
import { counted } from '../core/counted.ts';
import { printable } from '../core/printable.ts';
import type { RecordedStep } from '../store/read/history.ts';
import { chartDot } from './dot.ts';
import { chartGraph } from './graph.ts';
import type { GroupHistory } from './history.ts';
import { chartMermaid } from './mermaid.ts';
import { momentText } from './times.ts';
import { chartView, type ChartView } from './view.ts';
import { stateName, walkGraph, type WalkedGraph } from './walked.ts';

/** The charts that run. */
export const chartNames = ['file-group', 'supervisor', 'watch'] as const;

/** One of {@link chartNames}. */
export type ChartName = (typeof chartNames)[number];

const machines: Readonly<Record<ChartName, AnyStateMachine>> = {
  'file-group': fileGroupMachine,
  supervisor: supervisorMachine,
  watch: watchMachine,
};

const subjects: Readonly<Record<ChartName, string>> = {
  'file-group': 'The life of a file group',
  supervisor: 'The service',
  watch: 'The watch of one directory',
};

/** The forms of a drawing. */
export const chartFormats = ['svg', 'mermaid', 'dot', 'json'] as const;

/** One of {@link chartFormats}. */
export type ChartFormat = (typeof chartFormats)[number];

/** A chart to be drawn, with the graph that it shows. */
export interface Drawing {
  readonly view: ChartView;
  readonly graph: WalkedGraph;
}

/** How much is drawn. */
export interface DrawOptions {
  /** Every transition by itself, also those that only take note of an event. */
  readonly all: boolean;
}

/** A chart as it is. */
export function drawChart(name: ChartName, { all }: DrawOptions): Drawing {
  const graph = walkGraph(chartGraph(machines[name]), []);
  const noted = graph.transitions.flatMap(({ from, to, event }) => (from === null && to === null ? [event] : []));
  const anywhere = noted.length === 0 ? '' : `; ${noted.join(' and ')} are taken note of in every state`;
  const subtitle = all
    ? `Every transition; a guard stands for the end of the effect that it asks about${anywhere}`
    : 'What leads from each state to the next; a guard stands for the end of the effect that it asks about';
  return { graph, view: chartView(graph, { title: subjects[name], subtitle, marks: 'none', all }) };
}

/** The chart of file groups with the way of one group through it, and where the group is. */
export function drawGroup({ group, steps }: GroupHistory, { all }: DrawOptions): Drawing {
  const graph = walkGraph(chartGraph(fileGroupMachine), tally(steps));
  const days = new Set(steps.map(({ at }) => momentText(at).slice(0, 10)));
  const time = (ms: number): string => momentText(ms).slice(days.size > 1 ? 0 : 11, 19);
  const state = stateName(group.state);
  const count = `${steps.length} ${steps.length === 1 ? 'step' : 'steps'} on record`;
  const view = chartView(graph, {
    title: printable(`${group.watchName}: ${group.groupKey}`),
    subtitle: `${group.state} since ${momentText(group.stateSince)}, revision ${group.revision}; ${count}, times in UTC`,
    marks: 'path',
    all,
    time,
    current: state === null ? null : { state, line: `since ${time(group.stateSince)}` },
  });
  return { graph, view };
}

/** The chart of file groups with how many times each transition was taken, and how many groups are in each state. */
export function drawCounts(
  steps: readonly RecordedStep[],
  groups: Readonly<Record<string, number>>,
  watchName: string | null,
  { all }: DrawOptions,
): Drawing {
  const graph = walkGraph(chartGraph(fileGroupMachine), steps);
  const total = Object.values(groups).reduce((sum, count) => sum + count, 0);
  const since =
    steps.length === 0
      ? 'no step is on record'
      : `steps since ${momentText(Math.min(...steps.map(({ firstAt }) => firstAt)))}`;
  const byState = Object.fromEntries(
    Object.entries(groups).flatMap(([stored, count]) => {
      const state = stateName(stored);
      return state === null ? [] : [[state, count] as const];
    }),
  );
  const view = chartView(graph, {
    title: watchName === null ? 'All watches' : printable(`Watch ${watchName}`),
    subtitle: `${counted(total, 'group')}; ${since}`,
    marks: 'counts',
    all,
    time: momentText,
    groups: byState,
  });
  return { graph, view };
}

/** A drawing as text that ends with a line break. */
export async function renderChart({ view, graph }: Drawing, format: ChartFormat): Promise<string> {
  switch (format) {
    case 'svg': {
      const { chartSvg } = await import('./svg.ts');
      return chartSvg(view);
    }
    case 'dot':
      return chartDot(view);
    case 'mermaid':
      return chartMermaid(view);
    case 'json':
      return `${JSON.stringify(chartJson(view, graph), null, 2)}\n`;
  }
}

/** The chart as data: every state and transition, with what the history knows of them; times as ISO 8601. */
function chartJson(
  { title, subtitle, marks, states }: ChartView,
  { chart, transitions, unknown }: WalkedGraph,
): unknown {
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    chart,
    title,
    subtitle,
    marks,
    current: states.find(({ isCurrent }) => isCurrent)?.id ?? null,
    states: states.map(({ id, parent, kind, description, effects, isInitial, tone, groups }) => ({
      id,
      parent,
      kind,
      description,
      effects,
      isInitial,
      tone,
      ...(marks === 'counts' && { groups }),
    })),
    transitions: transitions.map(({ count, firstAt, lastAt, isDeclared, ...declared }) => ({
      ...declared,
      ...(marks !== 'none' && { count, firstAt: iso(firstAt), lastAt: iso(lastAt), isDeclared }),
    })),
    ...(marks !== 'none' && {
      unknown: unknown.map((step) => ({ ...step, firstAt: iso(step.firstAt), lastAt: iso(step.lastAt) })),
    }),
  };
}

/** The steps of one group, those alike counted together. */
function tally(steps: GroupHistory['steps']): readonly RecordedStep[] {
  const alike = Map.groupBy(steps, ({ fromState, toState, event }) => JSON.stringify([fromState, toState, event]));
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    const last = same.at(-1);
    if (first === undefined || last === undefined) return [];
    const { fromState, toState, event } = first;
    return [{ fromState, toState, event, count: same.length, firstAt: first.at, lastAt: last.at }];
  });
}
