import type { Writable } from 'node:stream';
import { csvOf, jsonOf, type Pages } from '../api/export.ts';
import { cellText } from '../core/cells.ts';
import { printable, printableJson } from '../core/printable.ts';
import type { QueryColumn } from '../store/read/query.ts';
import type { Paint } from './print.ts';
import { columnWidths, cutEnd, cutMiddle, fitWidths, narrowest, rowText, terminalWidth } from './width.ts';

/** A group's key up to this width is not cut. */
const wholeKey = 24;
const dateLength = '2026-01-31'.length;
const minuteLength = '2026-01-31 12:00'.length;

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

  /** The terminal's width; null: not a terminal, as wide as it gets. */
  get width(): number | null {
    return terminalWidth(this.#stream);
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

/** Writes rows as CSV with a head, page by page. */
export function writeCsv(output: Output, columns: readonly QueryColumn[], pages: Pages): Promise<void> {
  return writeAll(output, csvOf(columns, pages, output.isTerminal ? printable : undefined));
}

/** Writes rows as one JSON array, page by page: an object a line. */
export function writeJson(output: Output, pages: Pages): Promise<void> {
  return writeAll(output, jsonOf(pages, printableJson));
}

async function writeAll(output: Output, texts: AsyncIterable<string>): Promise<void> {
  for await (const text of texts) if (!(await output.write(text))) return;
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
    const cells = rows.map((row) => columns.map(({ name, type }) => printable(shortText(row[name], type))));
    // Of the first page: a table is not held in memory to find out how wide it will be.
    const isFirst = widths === null;
    widths ??= shownWidths(columns, columnWidths([head, ...cells]), output.width);
    const fitted = widths;
    const lines = cells.map((row) => {
      const cut = row.map((cell, i) => (output.isTerminal ? cutCell(cell, fitted[i] ?? 0, columns[i]) : cell));
      return rowText(cut, fitted, isRight);
    });
    if (isFirst) {
      const names = head.map((name, i) => cutEnd(name, fitted[i] ?? 0));
      lines.unshift(paint.bold(rowText(names, fitted, isRight)));
    }
    count += rows.length;
    if (!(await output.write(`${lines.join('\n')}\n`))) return count;
  }
  return count;
}

function shownWidths(
  columns: readonly QueryColumn[],
  natural: readonly number[],
  width: number | null,
): readonly number[] {
  const least = columns.map(leastWidth);
  const first = fitWidths(natural, width, least);
  // What moments do not need is the others'.
  const whole = natural.map((most, i) =>
    columns[i]?.type === 'datetime' ? momentWidth(first[i] ?? most, most) : most,
  );
  return fitWidths(whole, width, least);
}

/** As much of a moment as fits: all of it, to the minute, or the date. */
function momentWidth(width: number, whole: number): number {
  if (width >= whole) return whole;
  return width >= minuteLength ? minuteLength : dateLength;
}

/** What a column keeps when a table is cut: half a number or half a date would be wrong. */
function leastWidth({ name, type }: QueryColumn): number {
  if (type === 'datetime') return dateLength;
  if (name === 'group_key') return wholeKey;
  return type === 'text' || type === 'json' ? narrowest : Infinity;
}

function cutCell(cell: string, width: number, column: QueryColumn | undefined): string {
  // A moment that is cut to its date or its minute is still whole.
  if (column?.type === 'datetime') return cell.slice(0, width);
  // Keys of one kind of data differ at their ends.
  return column?.name === 'group_key' ? cutMiddle(cell, width) : cutEnd(cell, width);
}

/** A moment to the second in a table: the rest is in JSON and CSV. */
function shortText(value: unknown, type: QueryColumn['type']): string {
  const text = cellText(value);
  return type === 'datetime' ? text.slice(0, 19).replace('T', ' ') : text;
}
