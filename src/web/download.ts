import { bigintsAsText, csvCell } from '../core/cells.ts';
import { filePages } from '../store/file-pages.ts';
import type { FileQuery } from '../store/query.ts';
import type { Sql } from '../store/sql.ts';

/** A query's rows as CSV with a head, page by page. */
export async function* csvOf(sql: Sql, query: FileQuery): AsyncGenerator<string, void, undefined> {
  const names = query.columns.map(({ name }) => name);
  yield `${names.map((name) => csvCell(name)).join(',')}\n`;
  for await (const rows of filePages(sql, query)) {
    const lines = rows.map((row) => names.map((name) => csvCell(row[name])).join(','));
    yield `${lines.join('\n')}\n`;
  }
}

/** A query's rows as one JSON array, an object a line. */
export async function* jsonOf(sql: Sql, query: FileQuery): AsyncGenerator<string, void, undefined> {
  let before = '[\n';
  for await (const rows of filePages(sql, query)) {
    yield before + rows.map((row) => JSON.stringify(row, bigintsAsText)).join(',\n');
    before = ',\n';
  }
  yield before === ',\n' ? '\n]\n' : '[]\n';
}
