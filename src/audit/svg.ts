import { cut } from '../core/shortened.ts';
import { edgeColour, edgeWidth, faintColour, fontSize, textColour, toneColours } from './colours.ts';
import { chartDot } from './dot.ts';
import { layoutDot, rounded, type Box, type Curve, type Layout, type Point } from './layout.ts';
import { legendOf, paintLegend } from './legend.ts';
import { element, text, widthOf } from './markup.ts';
import type { ChartView, ViewEdge, ViewState } from './view.ts';

const margin = 20;
const labelSize = fontSize - 1;
const titleSize = 17;
/** The most characters of a title that are painted, wide ones counted twice: names may be so long that nobody could read the chart below them. */
const longestTitle = 70;

/**
 * Draws a chart: without a browser, without a network, and with nothing in it that is not drawn from the chart. The
 * background is white everywhere, so that it reads in dark viewers too; there is no style sheet and no script in it.
 *
 * @param hasHeading - false: where it is shown, the title and what is below it are said already
 */
export async function chartSvg(view: ChartView, hasHeading = true): Promise<string> {
  const layout = await fittedLayout(view);
  const title = shownTitle(view.title);
  const header = hasHeading ? (view.subtitle === '' ? 34 : 54) : 0;
  const headingWidth = hasHeading ? Math.max(widthOf(title, titleSize), widthOf(view.subtitle, fontSize)) : 0;
  const width = Math.max(layout.width, headingWidth, 360) + 2 * margin;
  const legend = paintLegend(legendOf(view), width - 2 * margin);
  const height = header + layout.height + legend.height + 3 * margin;
  const left = (width - layout.width) / 2;
  const body = [
    element('title', {}, [text(view.title)]),
    element('rect', { width: rounded(width), height: rounded(height), fill: '#ffffff' }),
    ...(hasHeading ? [heading(title, view.subtitle)] : []),
    element('g', { transform: `translate(${rounded(left)} ${header + margin})` }, paintGraph(view, layout)),
    element('g', { transform: `translate(${margin} ${rounded(header + layout.height + 2 * margin)})` }, [legend.svg]),
  ];
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${rounded(width)} ${rounded(height)}`,
    width: rounded(width),
    height: rounded(height),
    role: 'img',
    'font-family': 'Helvetica, Arial, "DejaVu Sans", sans-serif',
    'font-size': fontSize,
    fill: textColour,
  };
  return `${element('svg', root, body)}\n`;
}

function shownTitle(title: string): string {
  const room = widthOf('x'.repeat(longestTitle), titleSize);
  for (let most = longestTitle; most > 1; most -= 1) {
    const shown = cut(title, most);
    if (widthOf(shown, titleSize) <= room) return shown;
  }
  return cut(title, 1);
}

/** Points that a page of usual width has room for. */
const roomyWidth = 1160;

/** Laid out with room to breathe, or closer where that would be too wide to read on one page. */
export async function fittedLayout(view: ChartView): Promise<Layout> {
  const roomy = await layoutDot(chartDot(view));
  for (const gap of [0.14, 0.08]) {
    if (roomy.width <= roomyWidth) break;
    const closer = await layoutDot(chartDot(view, gap));
    if (closer.width <= roomyWidth) return closer;
  }
  return roomy;
}

function heading(title: string, subtitle: string): string {
  const size = { 'font-size': titleSize, 'font-weight': 'bold' };
  const above = element('text', { x: margin, y: margin + 14, ...size }, [text(title)]);
  const below = element('text', { x: margin, y: margin + 34, fill: '#4b5563' }, [text(subtitle)]);
  return subtitle === '' ? above : above + below;
}

function paintGraph(view: ChartView, layout: Layout): readonly string[] {
  const composites = view.states.filter(({ isComposite }) => isComposite);
  const leaves = view.states.filter(({ isComposite }) => !isComposite);
  const curve = (id: string): Curve | undefined => layout.curves.get(id);
  // What is marked lies over what is not.
  const edges = view.edges
    .map((edge, i) => ({ edge, curve: curve(`edge${i}`) }))
    .toSorted((a, b) => a.edge.count - b.edge.count);
  return [
    ...composites.map((state) => paintComposite(state, layout.boxes.get(`cluster_${state.id}`))),
    ...view.states.filter(({ isInitial }) => isInitial).map(({ id }) => paintStart(layout, id)),
    ...view.notes.map((note, i) =>
      paintArrow(curve(`note${i}`), { stroke: faintColour, 'stroke-dasharray': '4 3' }, note.title),
    ),
    ...edges.map(({ edge, curve: at }) => paintEdge(view, edge, at)),
    ...leaves.map((state) => paintState(view, state, layout.boxes.get(state.id))),
    ...edges.map(({ edge, curve: at }) => paintLabel(view, edge, at)),
    ...view.notes.map((note, i) => paintNote(note.lines, note.title, layout.boxes.get(`note${i}`))),
  ];
}

function paintComposite(state: ViewState, box: Box | undefined): string {
  if (box === undefined) return '';
  const frame = { ...rectangle(box), rx: 8, fill: '#ffffff', stroke: faintColour };
  const at = { x: box.x + box.width / 2, y: box.y + 8 };
  return element('g', {}, [described(state), element('rect', frame), named(state, at)]);
}

function paintState(view: ChartView, state: ViewState, box: Box | undefined): string {
  if (box === undefined) return '';
  const { fill, line } = toneColours[state.tone];
  const isUnseen = view.marks !== 'none' && !state.isVisited;
  const outline = { fill: isUnseen ? '#ffffff' : fill, stroke: isUnseen ? faintColour : line };
  const width = state.isCurrent ? 3.5 : state.tone === 'attention' ? 1.8 : 1.2;
  const lines = 1 + state.lines.length;
  const at = { x: box.x + box.width / 2, y: box.y + (box.height - lines * lineHeight(fontSize)) / 2 };
  const inner = { x: box.x + 3, y: box.y + 3, width: box.width - 6, height: box.height - 6 };
  return element('g', state.isCurrent ? { 'aria-current': 'step' } : {}, [
    described(state),
    element('rect', { ...rectangle(box), rx: 8, ...outline, 'stroke-width': width }),
    ...(state.tone === 'end'
      ? [element('rect', { ...rectangle(inner), rx: 6, fill: 'none', stroke: outline.stroke })]
      : []),
    element('g', isUnseen ? { fill: '#6b7280' } : {}, [named(state, at)]),
  ]);
}

function described({ id, description }: ViewState): string {
  return element('title', {}, [text(description === null ? id : `${id}: ${description}`)]);
}

/** The name in bold, and the lines below it; `at` is the middle of the upper edge. */
function named({ name, lines }: ViewState, at: Point): string {
  const rows = [name, ...lines].map((line, i) =>
    element(
      'text',
      {
        x: rounded(at.x),
        y: rounded(at.y + lineHeight(fontSize) * (i + 0.76)),
        'text-anchor': 'middle',
        ...(i === 0 ? { 'font-weight': 'bold' } : { 'font-size': labelSize }),
      },
      [text(line)],
    ),
  );
  return rows.join('');
}

function paintStart(layout: Layout, id: string): string {
  const box = layout.boxes.get(`start_${id}`);
  if (box === undefined) return '';
  const at = { cx: rounded(box.x + box.width / 2), cy: rounded(box.y + box.height / 2), r: 4.5 };
  return element('circle', at) + paintArrow(layout.curves.get(`start_${id}`), { stroke: textColour }, 'the start');
}

function paintEdge(view: ChartView, edge: ViewEdge, curve: Curve | undefined): string {
  const dashes = {
    event: {},
    failure: { 'stroke-dasharray': '6 3' },
    always: { 'stroke-dasharray': '1.5 3' },
  } as const;
  const style = { stroke: edgeColour(view, edge), 'stroke-width': edgeWidth(view, edge), ...dashes[edge.kind] };
  return paintArrow(curve, style, `${edge.from} → ${edge.to}\n${edge.title}`);
}

function paintArrow(curve: Curve | undefined, style: Readonly<Record<string, string | number>>, title: string): string {
  if (curve === undefined) return '';
  return element('g', {}, [
    element('title', {}, [text(title)]),
    element('path', { d: curve.path, fill: 'none', ...style }),
    element('polygon', {
      points: headOf(curve, Number(style['stroke-width'] ?? 1)),
      fill: style['stroke'] ?? textColour,
    }),
  ]);
}

function headOf({ end, tip }: Curve, width: number): string {
  const half = Math.max(3.4, width);
  const length = Math.hypot(tip.x - end.x, tip.y - end.y) || 1;
  const across = { x: (-(tip.y - end.y) / length) * half, y: ((tip.x - end.x) / length) * half };
  const corners = [{ x: end.x + across.x, y: end.y + across.y }, tip, { x: end.x - across.x, y: end.y - across.y }];
  return corners.map(({ x, y }) => `${rounded(x)},${rounded(y)}`).join(' ');
}

function paintLabel(view: ChartView, edge: ViewEdge, curve: Curve | undefined): string {
  if (edge.lines.length === 0 || curve === undefined || curve.label === null) return '';
  const style = { fill: labelColour(view, edge), ...(view.marks === 'counts' && { 'font-weight': 'bold' }) };
  return paintLines(edge.lines, curve.label, style, edge.title);
}

function labelColour(view: ChartView, edge: ViewEdge): string {
  if (view.marks === 'none') return edge.kind === 'failure' ? '#92400e' : textColour;
  return edge.count > 0 ? '#1e3a8a' : '#6b7280';
}

function paintNote(lines: readonly string[], title: string, box: Box | undefined): string {
  if (box === undefined) return '';
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  return paintLines(lines, middle, { fill: '#4b5563', 'font-style': 'italic' }, title);
}

/** Lines around a point, on white, so that what runs behind them does not cross them. */
function paintLines(
  lines: readonly string[],
  middle: Point,
  style: Readonly<Record<string, string | number>>,
  title: string,
): string {
  const width = Math.max(...lines.map((line) => widthOf(line, labelSize))) * 0.86;
  const height = lines.length * lineHeight(labelSize);
  const top = middle.y - height / 2;
  const back = { x: middle.x - width / 2, y: top, width, height };
  return element('g', { 'font-size': labelSize, 'text-anchor': 'middle', ...style }, [
    element('title', {}, [text(title)]),
    element('rect', { ...rectangle(back), rx: 2, fill: '#ffffff', 'fill-opacity': 0.85 }),
    ...lines.map((line, i) =>
      element('text', { x: rounded(middle.x), y: rounded(top + lineHeight(labelSize) * (i + 0.78)) }, [text(line)]),
    ),
  ]);
}

function lineHeight(size: number): number {
  return size * 1.28;
}

function rectangle({ x, y, width, height }: Box) {
  return { x: rounded(x), y: rounded(y), width: rounded(width), height: rounded(height) };
}
