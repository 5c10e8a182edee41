import { bigintsAsText, csvCell } from '../core/cells.ts';
import type { QueryColumn, QueryRow } from '../store/read/query.ts';

/** Pages of rows, as they come. */
export type Pages = AsyncIterable<readonly QueryRow[]>;

const asIs = (text: string): string => text;

/**
 * Rows as CSV with a head, page by page.
 *
 * @param shown - what becomes of a cell's text
 */
export async function* csvOf(
  columns: readonly QueryColumn[],
  pages: Pages,
  shown = asIs,
): AsyncGenerator<string, void, undefined> {
  const names = columns.map(({ name }) => name);
  yield `${names.map((name) => csvCell(name, shown)).join(',')}\n`;
  for await (const rows of pages) {
    const lines = rows.map((row) => names.map((name) => csvCell(row[name], shown)).join(','));
    yield `${lines.join('\n')}\n`;
  }
}

/**
 * Rows as one JSON array, page by page: an object a line.
 *
 * @param shown - what becomes of an object's text
 */
export async function* jsonOf(pages: Pages, shown = asIs): AsyncGenerator<string, void, undefined> {
  let before = '[\n';
  for await (const rows of pages) {
    yield before + rows.map((row) => shown(JSON.stringify(row, bigintsAsText))).join(',\n');
    before = ',\n';
  }
  yield before === ',\n' ? '\n]\n' : '[]\n';
}
