import type { ChartState } from './graph.ts';
import type { WalkedGraph, WalkedTransition } from './walked.ts';

/** What is drawn of a chart. */
export interface ChartView {
  readonly title: string;
  /** One line below the title; empty: none. */
  readonly subtitle: string;
  readonly states: readonly ViewState[];
  readonly edges: readonly ViewEdge[];
  readonly notes: readonly ViewNote[];
  readonly marks: Marks;
}

/** What the lines of a drawing mean: the bare chart, one group's way, or how many groups took each. */
export type Marks = 'none' | 'path' | 'counts';

/** Colours of a state. */
export type Tone = 'working' | 'resting' | 'good' | 'attention' | 'end';

/** A state as it is drawn. */
export interface ViewState extends ChartState {
  readonly tone: Tone;
  readonly isComposite: boolean;
  /** Below the name: the effect that runs, how many groups are here, since when the group is. */
  readonly lines: readonly string[];
  /** How many groups are here; 0 where that was not asked for. */
  readonly groups: number;
  /** The group is here. */
  readonly isCurrent: boolean;
  /** The group has been here, or some group is. */
  readonly isVisited: boolean;
}

/** An arrow: everything that leads from one state to another, or what is worth saying of it. */
export interface ViewEdge {
  readonly from: string;
  readonly to: string;
  readonly lines: readonly string[];
  /** Everything about it, a line each. */
  readonly title: string;
  readonly kind: 'event' | 'failure' | 'always';
  readonly count: number;
  /** 0 to 1: its share of the most taken, on a scale of powers. */
  readonly weight: number;
}

/** What leads to a state from many others, drawn once. */
export interface ViewNote {
  readonly to: string;
  readonly lines: readonly string[];
  readonly title: string;
}

/** What is to be drawn. */
export interface ViewOptions {
  readonly title: string;
  readonly subtitle?: string;
  readonly marks: Marks;
  /** Every transition by itself, also those that only take note of an event. */
  readonly all: boolean;
  /** Of the state in which the group is. */
  readonly current?: { readonly state: string; readonly line: string } | null;
  /** Groups by state. */
  readonly groups?: Readonly<Record<string, number>>;
  readonly time?: (ms: number) => string;
}

/** An event that leads to a state from so many others is drawn once. */
const general = 4;

/** Chooses what is drawn of a chart: arrows between the same states are one, and what leads back from everywhere is a note. */
export function chartView(graph: WalkedGraph, options: ViewOptions): ChartView {
  const composites = new Set(graph.states.flatMap(({ parent }) => parent ?? []));
  const visited = new Set(
    graph.transitions
      .flatMap(({ from, to, count }) => (count > 0 ? [from, to ?? from] : []))
      .filter((id) => id !== null),
  );
  const { collapsed, others } = split(graph.transitions, options);
  const most = Math.max(1, ...others.map(({ count }) => count));
  const pairs = Map.groupBy(withSiblings(others, graph.transitions), ({ from, to }) =>
    JSON.stringify([from, to ?? from]),
  );
  return {
    title: options.title,
    subtitle: options.subtitle ?? '',
    marks: options.marks,
    states: graph.states.map((state) => ({
      ...state,
      tone: toneOf(state),
      isComposite: composites.has(state.id),
      lines: stateLines(state, options),
      groups: options.groups?.[state.id] ?? 0,
      isCurrent: options.current?.state === state.id,
      isVisited: visited.has(state.id) || options.current?.state === state.id || (options.groups?.[state.id] ?? 0) > 0,
    })),
    edges: [...pairs.values()].flatMap((pair) => edgeOf(pair, options, most) ?? []),
    // Marked, it is about the ways that were taken.
    notes: options.marks === 'none' ? notesOf(collapsed, graph.states) : [],
  };
}

function split(transitions: readonly WalkedTransition[], { all, marks }: ViewOptions) {
  const shown = transitions.filter(({ from, to }) => to !== null || (all && from !== null));
  const isGeneral = new Set(shown.filter(isInward));
  if (!all) {
    for (const alike of Map.groupBy(shown, (one) => `${generalEvent(one)} ${one.to}`).values()) {
      if (new Set(alike.map(({ from }) => from)).size < general) continue;
      for (const one of alike) if (marks === 'none' || one.count === 0) isGeneral.add(one);
    }
  }
  return { collapsed: shown.filter((one) => isGeneral.has(one)), others: shown.filter((one) => !isGeneral.has(one)) };
}

/** From a state, or the whole chart, to a part of itself: no arrow can show that. */
function isInward({ from, to }: WalkedTransition): boolean {
  return to !== null && (from === null || to.startsWith(`${from}.`));
}

interface SiblingTransition extends WalkedTransition {
  /** The same event leads elsewhere from there when a guard holds. */
  readonly hasGuards: boolean;
}

function withSiblings(
  shown: readonly WalkedTransition[],
  all: readonly WalkedTransition[],
): readonly SiblingTransition[] {
  const guarded = new Set(
    all.flatMap(({ from, event, guards }) => (guards.some((one) => one !== null) ? [`${from} ${event}`] : [])),
  );
  return shown.map((one) => ({ ...one, hasGuards: guarded.has(`${one.from} ${one.event}`) }));
}

function generalEvent({ event }: WalkedTransition): string {
  return event.endsWith('.error') ? 'an effect fails' : event;
}

function notesOf(collapsed: readonly WalkedTransition[], states: readonly ChartState[]): readonly ViewNote[] {
  return [...Map.groupBy(collapsed, ({ to }) => to)].flatMap(([to, ways]) => {
    if (to === null) return [];
    const byEvent = [...Map.groupBy(ways, generalEvent)];
    const lines = byEvent.flatMap(([event, alike]) => {
      const where = sourcesText(new Set(alike.map(({ from }) => from)), states);
      return byEvent.length === 1 ? [`${event},`, where] : [`${event}, ${where}`];
    });
    const title = byEvent.map(
      ([event, alike]) => `${event}: from ${[...new Set(alike.map(({ from }) => from ?? 'every state'))].join(', ')}`,
    );
    return [{ to, lines, title: title.join('\n') }];
  });
}

function sourcesText(sources: ReadonlySet<string | null>, states: readonly ChartState[]): string {
  if (sources.has(null) || sources.size === states.length) return 'from every state';
  const [only] = sources;
  return sources.size === 1 ? `from ${only}` : `from ${sources.size} states`;
}

function edgeOf(pair: readonly SiblingTransition[], options: ViewOptions, most: number): ViewEdge | null {
  const [first] = pair;
  if (first === undefined || first.from === null) return null;
  const taken = pair.filter(({ count }) => count > 0);
  const count = taken.reduce((sum, one) => sum + one.count, 0);
  const kind = pair.every(({ event }) => event.endsWith('.error'))
    ? 'failure'
    : pair.every(({ event }) => event === 'always')
      ? 'always'
      : 'event';
  return {
    from: first.from,
    to: first.to ?? first.from,
    lines: edgeLines(pair, taken, count, options),
    title: pair.map((one) => transitionTitle(one, options)).join('\n'),
    kind,
    count,
    weight: count === 0 ? 0 : (1 + Math.log10(count)) / (1 + Math.log10(most)),
  };
}

function edgeLines(
  pair: readonly SiblingTransition[],
  taken: readonly WalkedTransition[],
  count: number,
  { marks, time = String }: ViewOptions,
): readonly string[] {
  if (marks === 'none') return pair.flatMap(transitionLines);
  if (count === 0) return [];
  if (marks === 'counts') return [count.toLocaleString('en')];
  return taken.flatMap(({ event, count: times, firstAt, lastAt }) => {
    const word = wordOf(event);
    if (times === 1 || firstAt === lastAt) return [...wrapped(word), time(firstAt ?? 0)];
    return [...wrapped(`${word} ${times}×`), `${time(firstAt ?? 0)} …`, time(lastAt ?? 0)];
  });
}

/** The guard in words, or the event; of the end of an effect its outcome: the state says which effect runs. */
function transitionLines({ event, guards, to, hasGuards }: SiblingTransition): readonly string[] {
  const word = wordOf(event);
  const lines = guards.map((guard) => {
    const isPlain = word === 'done' || word === 'at once';
    if (guard === null) return isPlain && hasGuards ? 'otherwise' : word;
    return isPlain ? inWords(guard) : `${word}: ${inWords(guard)}`;
  });
  return lines.flatMap((line) => wrapped(to === null ? `${line} (stays)` : line));
}

/** The state says which effect it runs: of its end only how it ended is said. */
function wordOf(event: string): string {
  const [, outcome] = /^\w+\.(done|error)$/.exec(event) ?? [];
  if (outcome === undefined) return event === 'always' ? 'at once' : event;
  return outcome === 'done' ? 'done' : 'fails';
}

/** `isDueToArchivePartial` → `is due to archive partial` */
function inWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The most letters of a line. */
const widest = 16;

function wrapped(line: string): readonly string[] {
  const lines: string[] = [];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < widest) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function transitionTitle(transition: WalkedTransition, { marks, time = String }: ViewOptions): string {
  const { event, guards, count, firstAt, lastAt, isDeclared } = transition;
  const asked = guards.filter((guard) => guard !== null);
  const guarded = asked.length === 0 ? '' : ` if ${asked.join(' or ')}`;
  const old = isDeclared ? '' : ' (in a former version of the chart)';
  if (marks === 'none') return `${event}${guarded}${old}`;
  const taken = count === 0 ? 'never' : `${count.toLocaleString('en')}×`;
  const when =
    firstAt === null || lastAt === null ? '' : `, ${time(firstAt)}${firstAt === lastAt ? '' : ` to ${time(lastAt)}`}`;
  return `${event}${guarded}: ${taken}${when}${old}`;
}

function stateLines({ id, effects }: ChartState, { current, groups, marks }: ViewOptions): readonly string[] {
  const here = current?.state === id ? [current.line] : [];
  const count = groups?.[id] ?? 0;
  const now = marks === 'counts' && count > 0 ? [`${count.toLocaleString('en')} now`] : [];
  return [...effects.map((effect) => `runs ${effect}`), ...now, ...here];
}

/** States that say how a group has ended; all others are told apart by what the chart says of them. */
const tones: Readonly<Record<string, Tone>> = {
  archived: 'good',
  timedOut: 'attention',
  integrityFailed: 'attention',
  missing: 'attention',
  failed: 'attention',
  lost: 'attention',
  'lifecycle.failed': 'attention',
  'rules.rejected': 'attention',
};

function toneOf({ id, kind, effects }: ChartState): Tone {
  const known = tones[id];
  if (known !== undefined) return known;
  if (kind === 'final') return 'end';
  return effects.length > 0 ? 'working' : 'resting';
}
