import { edgeColour, edgeWidth, textColour, toneColours } from './colours.ts';
import type { ChartView, ViewEdge, ViewState } from './view.ts';

/** In points; more than the text is drawn with, because the fonts of viewers differ. */
const layoutFontSize = 13.5;

/** Inches between states beside each other. */
const usualGap = 0.2;

/** The drawing in the language of Graphviz; it is also what the SVG's places come from. */
export function chartDot(view: ChartView, gap = usualGap): string {
  const lines = [
    `digraph ${quoted(view.title)} {`,
    `  graph [rankdir=TB, compound=true, nodesep=${gap}, ranksep=0.5, fontname="Helvetica", fontsize=${layoutFontSize}, bgcolor="white"]`,
    `  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=${layoutFontSize}, margin="0.19,0.07", fontcolor=${quoted(textColour)}]`,
    `  edge [fontname="Helvetica", fontsize=${layoutFontSize - 0.5}, fontcolor=${quoted(textColour)}, arrowsize=0.8]`,
    ...bodyOf(view, null, '  '),
    ...view.edges.map((edge, i) => `  ${edgeDot(view, edge, `edge${i}`)}`),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function bodyOf(view: ChartView, parent: string | null, indent: string): readonly string[] {
  return view.states
    .filter((state) => state.parent === parent)
    .flatMap((state) => {
      const own = [...startDot(state, indent), ...notesDot(view, state.id, indent)];
      if (!state.isComposite) return [`${indent}${stateDot(state)}`, ...own];
      const { line } = toneColours.end;
      return [
        `${indent}subgraph ${quoted(`cluster_${state.id}`)} {`,
        `${indent}  graph [label=${label([state.name, ...state.lines])}, style=rounded, color=${quoted(line)}, fontcolor=${quoted(textColour)}, tooltip=${quoted(state.description ?? '')}]`,
        ...bodyOf(view, state.id, `${indent}  `),
        `${indent}}`,
        ...own,
      ];
    });
}

function stateDot(state: ViewState): string {
  const { fill, line } = toneColours[state.tone];
  const width = state.isCurrent ? 3 : 1.2;
  const twice = state.tone === 'end' ? ', peripheries=2' : '';
  return `${quoted(state.id)} [label=${label([state.name, ...state.lines])}, fillcolor=${quoted(fill)}, color=${quoted(line)}, penwidth=${width}${twice}, tooltip=${quoted(state.description ?? '')}]`;
}

/** The point from which the arrow to a first state comes. */
function startDot(state: ViewState, indent: string): readonly string[] {
  if (!state.isInitial) return [];
  const start = quoted(`start_${state.id}`);
  return [
    `${indent}${start} [shape=point, width=0.12, style=filled, fillcolor=${quoted(textColour)}]`,
    `${indent}${start} -> ${quoted(state.id)} [id=${start}]`,
  ];
}

/** What leads to a state from many others, beside the state. */
function notesDot({ notes }: ChartView, state: string, indent: string): readonly string[] {
  return notes.flatMap(({ to, lines, title }, i) => {
    if (to !== state) return [];
    const look = `shape=plaintext, style="", margin="0.02,0.02", label=${label(lines)}, tooltip=${quoted(title)}, fontcolor="#4b5563"`;
    return [
      `${indent}note${i} [${look}]`,
      `${indent}note${i} -> ${quoted(to)} [id=note${i}, style=dashed, color="#6b7280"]`,
    ];
  });
}

function edgeDot(view: ChartView, edge: ViewEdge, id: string): string {
  const styles = { event: 'solid', failure: 'dashed', always: 'dotted' } as const;
  const end = (id: string) => view.states.find((state) => state.id === id);
  const leaf = (id: string): string => {
    const inside = view.states.find(({ parent }) => parent === id);
    return inside === undefined
      ? id
      : leaf(view.states.find(({ parent, isInitial }) => parent === id && isInitial)?.id ?? inside.id);
  };
  const clusters = [
    ...(end(edge.from)?.isComposite ? [`ltail=${quoted(`cluster_${edge.from}`)}`] : []),
    ...(end(edge.to)?.isComposite ? [`lhead=${quoted(`cluster_${edge.to}`)}`] : []),
  ];
  const attributes = [
    `id=${quoted(id)}`,
    // A blank on either side keeps the line away from the text.
    `label=${label(edge.lines.map((line) => ` ${line} `))}`,
    `style=${styles[edge.kind]}`,
    `color=${quoted(edgeColour(view, edge))}`,
    `penwidth=${edgeWidth(view, edge)}`,
    `tooltip=${quoted(edge.title)}`,
    ...clusters,
  ];
  return `${quoted(leaf(edge.from))} -> ${quoted(leaf(edge.to))} [${attributes.join(', ')}]`;
}

/** A text in quotes; what comes from files can neither end it nor start a line. */
function quoted(text: string): string {
  return `"${escaped(text).replaceAll('\n', '\\n')}"`;
}

function label(lines: readonly string[]): string {
  return `"${lines.map((line) => escaped(line.replaceAll('\n', ' '))).join('\\n')}"`;
}

function escaped(text: string): string {
  return text.replaceAll('\0', '').replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
