import { markColour, toneColours } from './colours.ts';
import type { ChartView, Tone } from './view.ts';

/** The drawing as a Mermaid state diagram, which many wikis and forges draw by themselves. */
export function chartMermaid(view: ChartView): string {
  const edges = view.edges.map(({ from, to, lines, count }) => {
    const isFaint = view.marks !== 'none' && count === 0;
    const label = isFaint || lines.length === 0 ? '' : ` : ${words(lines.join(' '))}`;
    return `  ${idOf(from)} --> ${idOf(to)}${label}`;
  });
  const notes = view.notes.flatMap(({ to, lines }) => [
    `  note right of ${idOf(to)}`,
    ...lines.map((line) => `    ${words(line)}`),
    '  end note',
  ]);
  const lines = [
    '---',
    // A JSON text is a YAML text.
    `title: ${JSON.stringify(`${view.title}${view.subtitle === '' ? '' : ` (${view.subtitle})`}`)}`,
    '---',
    'stateDiagram-v2',
    ...statesOf(view, null, '  '),
    ...edges,
    ...notes,
    ...classes(view),
  ];
  return `${lines.join('\n')}\n`;
}

function statesOf(view: ChartView, parent: string | null, indent: string): readonly string[] {
  return view.states
    .filter((state) => state.parent === parent)
    .flatMap(({ id, name, lines, isComposite, isInitial }) => {
      const label = words([name, ...lines].join(', '));
      const start = isInitial ? [`${indent}[*] --> ${idOf(id)}`] : [];
      if (!isComposite) return [`${indent}state "${label}" as ${idOf(id)}`, ...start];
      return [
        `${indent}state "${label}" as ${idOf(id)} {`,
        ...statesOf(view, id, `${indent}  `),
        `${indent}}`,
        ...start,
      ];
    });
}

function classes(view: ChartView): readonly string[] {
  const leaves = view.states.filter(({ isComposite }) => !isComposite);
  const tones = [...new Set(leaves.map(({ tone }) => tone))];
  const ids = (holds: (state: ChartView['states'][number]) => boolean): string =>
    leaves
      .filter(holds)
      .map(({ id }) => idOf(id))
      .join(',');
  const seen = (tone: Tone): string =>
    ids((state) => state.tone === tone && (view.marks === 'none' || state.isVisited));
  const current = ids(({ isCurrent }) => isCurrent);
  return [
    ...tones.flatMap((tone) => {
      const { fill, line } = toneColours[tone];
      const of = seen(tone);
      return of === '' ? [] : [`  classDef ${tone} fill:${fill},stroke:${line},color:#1f2937`, `  class ${of} ${tone}`];
    }),
    ...(current === ''
      ? []
      : [`  classDef current stroke:${markColour},stroke-width:4px`, `  class ${current} current`]),
  ];
}

/** Mermaid knows no dots in names, and `end` and the like are words of its own. */
function idOf(id: string): string {
  return `s_${id.replaceAll(/\W/g, '_')}`;
}

const entities: Readonly<Record<string, string>> = {
  '"': 'quot',
  '<': 'lt',
  '>': 'gt',
  '#': '35',
  ';': '59',
  '%': '37',
};

/** A text of one line in which nothing is syntax. */
function words(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/["<>#;%]/g, (letter) => `#${entities[letter] ?? '35'};`);
}
