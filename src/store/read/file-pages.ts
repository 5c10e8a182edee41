import { setImmediate as turn } from 'node:timers/promises';
import {
  comparable,
  decodeRow,
  passesOf,
  readPage,
  selectList,
  whereOf,
  type FileQuery,
  type Part,
  type QueryRow,
} from './query.ts';
import { marks, type Row, type Sql } from '../database/sql.ts';

/** Rows read together: so few that a page is garbage before V8 takes it for long-lived; fewer cost round trips. */
const pageSize = 200;
/** How many rows at the beginning of an index are looked at before an index of a condition is tried. */
const nearCount = 10_000;
/** What SQLite keeps of a file that is read once from its beginning to its end, in KiB. */
const cacheKib = 4096;

/** Has a connection that is about to stream rows keep few of the database's pages in memory. */
export async function readSparingly(sql: Sql): Promise<void> {
  if (sql.dialect.driver === 'sqlite') await sql.run(`pragma cache_size = -${cacheKib}`);
}

/**
 * The rows of a query in pages, none of them empty, so that no more than one page is in memory; rows without a value in the order's column
 * come last. In the order of ids each page begins behind the last row of the one before. In another order the database
 * sorts once, however many pages there are: what is kept is the list of ids, 8 bytes a row. A row that changes meanwhile
 * comes as it is when its page is read, at most once, and not at all if it no longer meets the conditions.
 */
export async function* filePages(sql: Sql, query: FileQuery): AsyncGenerator<readonly QueryRow[], void, undefined> {
  const decoded = (rows: readonly Row[]) => rows.map((row) => decodeRow(sql.dialect, query.columns, row));
  if (query.orderBy.name === 'id') {
    for await (const rows of pagesById(sql, query)) {
      yield decoded(rows);
      // SQLite answers without letting go of the loop, on which other work waits, and the release of what was read.
      await turn();
    }
  } else if (query.limit !== null && query.limit <= pageSize) {
    const rows = await firstRows(sql, query, query.limit);
    if (rows.length > 0) yield decoded(rows);
  } else {
    for (const ids of await sortedIds(sql, query)) {
      const rows = await rowsOf(sql, query, ids.split(',').map(Number));
      if (rows.length > 0) yield decoded(rows);
      await turn();
    }
  }
}

async function* pagesById(sql: Sql, query: FileQuery): AsyncGenerator<readonly Row[], void, undefined> {
  let left = query.limit ?? Infinity;
  let last: Row | null = null;
  while (left > 0) {
    const wanted = Math.min(pageSize, left);
    const rows: readonly Row[] = await readPage(sql, query, { extra: [], last, wanted, isByIdOnly: true });
    if (rows.length > 0) yield rows;
    left -= rows.length;
    last = rows.at(-1) ?? null;
    if (rows.length < wanted) return;
  }
}

async function firstRows(sql: Sql, query: FileQuery, limit: number): Promise<readonly Row[]> {
  const near = await nearRows(sql, query, limit);
  if (near.length === limit) return near;
  const rows: Row[] = [];
  for (const [pass, extra] of passesOf(sql, query).entries()) {
    const wanted = limit - rows.length;
    if (wanted > 0) rows.push(...(await readPage(sql, query, { extra, last: null, wanted, isByIdOnly: pass === 1 })));
  }
  return rows;
}

/**
 * The first rows of a query, if they are among the first ones of the order's index; otherwise fewer than `limit`. SQLite
 * heeds no limit when it chooses an index: for the latest of a frequent value it would read and sort all that have it.
 */
async function nearRows(sql: Sql, query: FileQuery, limit: number): Promise<readonly Row[]> {
  const { orderBy, conditions } = query;
  if (sql.dialect.driver !== 'sqlite' || orderBy.indexed !== true || conditions.length === 0) return [];
  const direction = query.descending ? 'desc' : 'asc';
  const order = `${comparable(sql.dialect, orderBy)} ${direction}, files.id ${direction}`;
  const where = whereOf(sql.dialect, conditions, []);
  return sql.all(
    `select ${selectList(sql, query)} from (
      select files.id as near_id from files where ${comparable(sql.dialect, orderBy)} is not null order by ${order} limit ?
    ) near cross join files on files.id = near.near_id${where.text} order by ${order} limit ?`,
    [nearCount, ...where.params, limit],
  );
}

/** The ids of a whole query in its order, a text of ids with commas for each page: one sort, and no object a row. */
async function sortedIds(sql: Sql, query: FileQuery): Promise<readonly string[]> {
  const { driver } = sql.dialect;
  const direction = query.descending ? 'desc' : 'asc';
  const order = comparable(sql.dialect, query.orderBy);
  const nullsLast = query.orderBy.nullable ? `case when ${order} is null then 1 else 0 end, ` : '';
  const where = whereOf(sql.dialect, query.conditions, []);
  const first = `place - (place - 1) % ${pageSize}`;
  const list = driver === 'postgresql' ? "string_agg(id::text, ',' order by place)" : 'group_concat(id order by place)';
  const rows = await sql.all(
    `select ${first} as first_place, ${list} as ids from (
      select files.id as id, row_number() over (order by ${nullsLast}${order} ${direction}, files.id ${direction}) as place
      from files${where.text}) sorted${query.limit === null ? '' : ' where place <= ?'} group by ${first} order by 1`,
    query.limit === null ? where.params : [...where.params, query.limit],
  );
  return rows.map((row) => String(row['ids']));
}

/** The rows of one page of ids, in their order. */
async function rowsOf(sql: Sql, query: FileQuery, ids: readonly number[]): Promise<readonly Row[]> {
  const these: Part = { text: `files.id in (${marks(ids)})`, params: ids };
  const where = whereOf(sql.dialect, query.conditions, [these]);
  const rows = await sql.all(`select ${selectList(sql, query)} from files${where.text}`, where.params);
  const byId = new Map(rows.map((row) => [Number(row['row_id']), row]));
  return ids.map((id) => byId.get(id)).filter((row) => row !== undefined);
}
