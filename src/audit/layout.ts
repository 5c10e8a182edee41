import { CarbonationError } from '../errors/index.ts';

/** A place in points, from the upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle, from its left upper corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The line of an arrow. */
export interface Curve {
  /** The `d` of an SVG path, up to where the arrow's head begins. */
  readonly path: string;
  /** The end of the line and the tip of the head. */
  readonly end: Point;
  readonly tip: Point;
  /** The middle of its label; null: it has none. */
  readonly label: Point | null;
}

/** Where everything of a drawing is. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Nodes and clusters, by name. */
  readonly boxes: ReadonlyMap<string, Box>;
  /** By id. */
  readonly curves: ReadonlyMap<string, Curve>;
}

/** Lays a drawing out; Graphviz runs in this process, as WebAssembly. */
export async function layoutDot(dot: string): Promise<Layout> {
  // It takes a while to load, and only SVG needs it.
  const { Graphviz } = await import('@hpcc-js/wasm-graphviz');
  const graphviz = await Graphviz.load();
  const answer: unknown = JSON.parse(graphviz.layout(dot, 'json', 'dot'));
  const [, , width = 0, height = 0] = numbersIn(textAt(answer, 'bb'));
  const boxes = new Map<string, Box>();
  for (const object of listAt(answer, 'objects')) boxes.set(textAt(object, 'name'), boxOf(object, height));
  const curves = new Map<string, Curve>();
  for (const edge of listAt(answer, 'edges')) curves.set(textAt(edge, 'id'), curveOf(edge, height));
  return { width, height, boxes, curves };
}

const pointsPerInch = 72;

function boxOf(object: unknown, total: number): Box {
  const corners = numbersIn(textAt(object, 'bb'));
  if (corners.length === 4) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners;
    return { x: x1, y: total - y2, width: x2 - x1, height: y2 - y1 };
  }
  const [x = 0, y = 0] = numbersIn(textAt(object, 'pos'));
  const width = Number(textAt(object, 'width')) * pointsPerInch;
  const height = Number(textAt(object, 'height')) * pointsPerInch;
  return { x: x - width / 2, y: total - y - height / 2, width, height };
}

/** `e,x,y x,y x,y …`: the tip of the head, then the start and the points of the curve. */
function curveOf(edge: unknown, total: number): Curve {
  const words = textAt(edge, 'pos').split(' ');
  const at = (word: string): Point => {
    const [x = 0, y = 0] = numbersIn(word);
    return { x, y: total - y };
  };
  const points = words.filter((word) => !word.includes('e') && !word.includes('s')).map(at);
  const [start = { x: 0, y: 0 }] = points;
  const end = points.at(-1) ?? start;
  const head = words.find((word) => word.startsWith('e,'));
  const label = textAt(edge, 'lp');
  const middle = points.slice(1).map(shown).join(' ');
  return {
    path: `M${shown(start)} C${middle}`,
    end,
    tip: head === undefined ? end : at(head.slice(2)),
    label: label === '' ? null : at(label),
  };
}

function shown({ x, y }: Point): string {
  return `${rounded(x)},${rounded(y)}`;
}

/** To a tenth: what is drawn twice is the same text. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function numbersIn(text: string): readonly number[] {
  return text === '' ? [] : text.split(',').map(Number);
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const found = valueAt(value, key);
  return Array.isArray(found) ? found : [];
}

function textAt(value: unknown, key: string): string {
  const found = valueAt(value, key);
  return typeof found === 'string' ? found : '';
}

function valueAt(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) throw new CarbonationError('INTERNAL', 'Graphviz gave no drawing');
  const found: Readonly<Record<string, unknown>> = { ...value };
  return found[key];
}
