import { edgeColour, faintColour, fontSize, markColour, textColour, toneColours } from './colours.ts';
import { rounded } from './layout.ts';
import { element, text, widthOf } from './markup.ts';
import type { ChartView, Tone } from './view.ts';

/** One thing that a drawing uses, and what it means. */
interface LegendEntry {
  readonly sample: string;
  readonly meaning: string;
}

const sampleWidth = 34;
const rowHeight = 22;
const gap = 22;
const size = fontSize - 1;

const toneMeanings: Readonly<Record<Tone, string>> = {
  working: 'an effect runs',
  resting: 'at rest until an event',
  good: 'where it should end',
  attention: 'may need a person',
  end: 'the end',
};

/** What the drawing uses, and nothing else. */
export function legendOf(view: ChartView): readonly LegendEntry[] {
  const tones = (['working', 'resting', 'good', 'attention', 'end'] as const).filter((tone) =>
    view.states.some(
      (state) => state.tone === tone && !state.isComposite && (view.marks === 'none' || state.isVisited),
    ),
  );
  return [
    ...tones.map((tone) => ({ sample: boxSample(tone), meaning: toneMeanings[tone] })),
    ...(view.states.some(({ isInitial }) => isInitial)
      ? [{ sample: element('circle', { cx: sampleWidth / 2, cy: 0, r: 4.5 }), meaning: 'the start' }]
      : []),
    ...(view.marks === 'none' ? bareEntries(view) : markedEntries(view)),
    ...(view.notes.length === 0
      ? []
      : [{ sample: lineSample(faintColour, '4 3'), meaning: 'from several states, drawn once' }]),
  ];
}

function bareEntries(view: ChartView): readonly LegendEntry[] {
  const kinds = new Set(view.edges.map(({ kind }) => kind));
  const failure = view.edges.find(({ kind }) => kind === 'failure');
  return [
    ...(failure === undefined
      ? []
      : [{ sample: lineSample(edgeColour(view, failure), '6 3'), meaning: 'an effect fails' }]),
    ...(kinds.has('always') ? [{ sample: lineSample('#4b5563', '1.5 3'), meaning: 'goes on at once' }] : []),
  ];
}

function markedEntries(view: ChartView): readonly LegendEntry[] {
  const here = element('rect', {
    x: 1,
    y: -7,
    width: sampleWidth - 2,
    height: 14,
    rx: 5,
    fill: '#ffffff',
    stroke: textColour,
    'stroke-width': 3,
  });
  const untaken = { sample: lineSample('#d1d5db', ''), meaning: 'not taken' };
  if (view.marks === 'path') {
    const way = { sample: lineSample(markColour, '', 2.5), meaning: 'the way of this group' };
    return [way, untaken, { sample: here, meaning: 'where it is now' }];
  }
  return [{ sample: lineSample('#1e3a8a', '', 5), meaning: 'the wider and darker, the more often' }, untaken];
}

function boxSample(tone: Tone): string {
  const { fill, line } = toneColours[tone];
  const box = { x: 1, y: -7, width: sampleWidth - 2, height: 14, rx: 5, fill, stroke: line, 'stroke-width': 1.3 };
  const inner = { x: 4, y: -4, width: sampleWidth - 8, height: 8, rx: 3, fill: 'none', stroke: line };
  return element('rect', box) + (tone === 'end' ? element('rect', inner) : '');
}

function lineSample(stroke: string, dashes: string, width = 1.2): string {
  const line = { x1: 0, y1: 0, x2: sampleWidth - 7, y2: 0, stroke, 'stroke-width': width };
  const head = element('polygon', {
    points: `${sampleWidth - 8},-3.4 ${sampleWidth},0 ${sampleWidth - 8},3.4`,
    fill: stroke,
  });
  return element('line', { ...line, ...(dashes !== '' && { 'stroke-dasharray': dashes }) }) + head;
}

/** The legend in as many rows as the width asks for. */
export function paintLegend(
  entries: readonly LegendEntry[],
  width: number,
): { readonly svg: string; readonly height: number } {
  let x = 0;
  let row = 0;
  const parts = entries.map(({ sample, meaning }) => {
    const own = sampleWidth + 8 + widthOf(meaning, size);
    if (x > 0 && x + own > width) {
      x = 0;
      row += 1;
    }
    const at = `translate(${rounded(x)} ${row * rowHeight + rowHeight / 2})`;
    x += own + gap;
    const word = element('text', { x: sampleWidth + 8, y: 4, 'font-size': size }, [text(meaning)]);
    return element('g', { transform: at }, [sample, word]);
  });
  return { svg: parts.join(''), height: (row + 1) * rowHeight };
}
