import type { Writable } from 'node:stream';
import { printable, printableJson } from '../core/printable.ts';
import type { QueryColumn, QueryRow } from '../store/query.ts';
import type { Paint } from './print.ts';

/** The width of a terminal that does not say how wide it is, in characters. */
const usualWidth = 80;
/** No column of a cut table is narrower, in characters. */
const narrowest = 6;

/** Writes texts as fast as the reader takes them. */
export class Output {
  readonly #stream: Writable;
  #isClosed = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', () => (this.#isClosed = true));
    stream.on('close', () => (this.#isClosed = true));
  }

  /** Whether a person looks at it. */
  get isTerminal(): boolean {
    return 'isTTY' in this.#stream && this.#stream.isTTY === true;
  }

  /** The terminal's width in characters; null: not a terminal, as wide as it gets. */
  get width(): number | null {
    if (!this.isTerminal) return null;
    const columns = 'columns' in this.#stream ? Number(this.#stream.columns) : 0;
    return columns > 0 ? columns : usualWidth;
  }

  /** Resolves when there is room for more; false when nobody reads any more (`| head`). */
  async write(text: string): Promise<boolean> {
    if (this.#isClosed) return false;
    if (this.#stream.write(text)) return true;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'error', 'close']) this.#stream.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close']) this.#stream.on(event, done);
    });
    return !this.#isClosed;
  }
}

/** Pages of rows, as they come. */
export type Pages = AsyncIterable<readonly QueryRow[]>;

/** Writes rows as CSV with a head, page by page. */
export async function writeCsv(output: Output, columns: readonly QueryColumn[], pages: Pages): Promise<void> {
  const { stringify } = await import('csv-stringify/sync');
  const clean = (text: string): string => (output.isTerminal ? text.split('\n').map(printable).join('\n') : text);
  const lines = (rows: readonly (readonly string[])[]): string => clean(stringify(rows.map((row) => [...row])));
  if (!(await output.write(lines([columns.map(({ name }) => name)])))) return;
  for await (const rows of pages) {
    if (!(await output.write(lines(rows.map((row) => columns.map(({ name }) => cellText(row[name]))))))) return;
  }
}

/** Writes rows as one JSON array, page by page: an object a line. */
export async function writeJson(output: Output, pages: Pages): Promise<void> {
  let isFirst = true;
  for await (const rows of pages) {
    const objects = rows.map((row) => printableJson(JSON.stringify(row, bigintsAsText)));
    if (objects.length === 0) continue;
    if (!(await output.write(`${isFirst ? '[\n' : ',\n'}${objects.join(',\n')}`))) return;
    isFirst = false;
  }
  await output.write(isFirst ? '[]\n' : '\n]\n');
}

/**
 * Writes rows as a table. On a terminal it fits the width, and wide values are cut; elsewhere nothing is.
 *
 * @returns How many rows there were.
 */
export async function writeTable(
  output: Output,
  columns: readonly QueryColumn[],
  pages: Pages,
  paint: Paint,
): Promise<number> {
  const head = columns.map(({ name }) => name);
  const isRight = columns.map(
    ({ type }) => type === 'integer' || type === 'bigint' || type === 'float' || type === 'decimal',
  );
  let widths: readonly number[] | null = null;
  let count = 0;
  for await (const rows of pages) {
    if (rows.length === 0) continue;
    const cells = rows.map((row) => columns.map(({ name, type }) => printable(shortText(row[name], type))));
    // Of the first page: a table is not held in memory to find out how wide it will be.
    const isFirst = widths === null;
    widths ??= fitWidths(naturalWidths([head, ...cells]), output.width);
    const fitted = widths;
    const lines = cells.map((row) => tableLine(row, fitted, isRight, output.isTerminal));
    if (isFirst) lines.unshift(paint.bold(tableLine(head, fitted, isRight, output.isTerminal)));
    count += rows.length;
    if (!(await output.write(`${lines.join('\n')}\n`))) return count;
  }
  return count;
}

function naturalWidths(rows: readonly (readonly string[])[]): readonly number[] {
  return (rows[0] ?? []).map((_, i) => rows.reduce((most, row) => Math.max(most, lengthOf(row[i] ?? '')), 0));
}

/** Takes from the widest columns until the line fits; `null`: any width does. */
export function fitWidths(natural: readonly number[], width: number | null): readonly number[] {
  if (width === null) return natural;
  const room = width - 2 * (natural.length - 1);
  const fits = (most: number): boolean => natural.reduce((sum, one) => sum + Math.min(one, most), 0) <= room;
  let most = Math.max(narrowest, ...natural);
  while (most > narrowest && !fits(most)) most -= 1;
  return natural.map((one) => Math.min(one, most));
}

function tableLine(
  cells: readonly string[],
  widths: readonly number[],
  isRight: readonly boolean[],
  isCut: boolean,
): string {
  const shown = cells.map((cell, i) => {
    const width = widths[i] ?? 0;
    const text = isCut && lengthOf(cell) > width ? `${[...cell].slice(0, Math.max(0, width - 1)).join('')}…` : cell;
    const space = ' '.repeat(Math.max(0, width - lengthOf(text)));
    return isRight[i] === true ? space + text : text + space;
  });
  return shown.join('  ').trimEnd();
}

/** In characters, not in UTF-16 units. */
function lengthOf(text: string): number {
  return text.length < 2 ? text.length : [...text].length;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' || typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

/** A moment to the second in a table: the rest is in JSON and CSV. */
function shortText(value: unknown, type: QueryColumn['type']): string {
  const text = cellText(value);
  return type === 'datetime' ? text.slice(0, 19).replace('T', ' ') : text;
}

// JSON has no 64 bits; a text loses nothing.
function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
