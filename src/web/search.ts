import { parseAge, parseDateRange } from '../api/moments.ts';
import { states } from '../api/query-values.ts';
import {
  buildQuery,
  coreColumn,
  describeFilters,
  queryColumns,
  type FilterDescription,
  type Filters,
} from '../api/query.ts';
import type { ColumnSpecs } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import { filePage, type FileQuery, type QueryColumn } from '../store/read/query.ts';
import type { Sql } from '../store/database/sql.ts';
import { readMark, writeMark } from './marks.ts';
import type { Cell, ColumnInfo, SearchForm, SearchPage } from './protocol.ts';

const pageSize = 50;
/** Parameters of the URL that are no filters. */
const otherKeys: ReadonlySet<string> = new Set(['columns', 'order', 'after']);
/** The parameter of a filter: a column of the plugin may have the name of one that is no filter. */
function parameterOf({ key }: FilterDescription): string {
  return otherKeys.has(key) ? `column-${key}` : key;
}

/** Columns that a search shows before the plugin's own. */
const firstColumns = ['group_key', 'watch_name', 'state', 'created_at'];
/** Columns of the plugin that a search shows unless others are asked for. */
const mostPluginColumns = 4;

/** What a search can be made of: every column and filter of the core and of the plugin. */
export function searchForm(columns: ColumnSpecs, watches: readonly string[]): SearchForm {
  const all = queryColumns(columns);
  return {
    filters: describeFilters(columns).map((filter) => {
      const { kind, column, type, isPlugin, description } = filter;
      return { key: parameterOf(filter), kind, column, type, isPlugin, description };
    }),
    columns: all.map((column) => columnInfo(column, columns)),
    watches,
    states,
    shown: shownColumns(columns),
  };
}

function shownColumns(columns: ColumnSpecs): readonly string[] {
  const own = Object.entries(columns).flatMap(([name, { type }]) => (type === 'json' ? [] : [name]));
  return [...firstColumns, ...own.slice(0, mostPluginColumns)];
}

/**
 * The query of a URL's parameters.
 *
 * @throws CarbonationError USAGE for an unknown parameter or a value that does not fit
 */
export function searchQuery(params: URLSearchParams, columns: ColumnSpecs, now: number): FileQuery {
  const known = new Map(describeFilters(columns).map((filter) => [parameterOf(filter), filter]));
  const filters: (readonly [string, unknown])[] = [];
  for (const key of new Set(params.keys())) {
    if (otherKeys.has(key)) continue;
    const given = params.getAll(key).filter((value) => value !== '');
    const filter = known.get(key);
    if (given.length > 0) filters.push([filter?.key ?? key, filterValue(key, filter, given, now)]);
  }
  const asked = params
    .get('columns')
    ?.split(',')
    .filter((name) => name !== '');
  return buildQuery(
    // As they are named: `__proto__` would not be one of an object.
    Object.fromEntries(filters),
    { orderBy: params.get('order') || '-id', columns: asked ?? shownColumns(columns) },
    columns,
  );
}

function filterValue(
  key: string,
  filter: FilterDescription | undefined,
  given: readonly string[],
  now: number,
): Filters[string] {
  const [first = ''] = given;
  switch (filter?.kind) {
    case 'boolean':
      if (first === 'true' || first === 'false') return first === 'true';
      throw new CarbonationError('USAGE', `${key}: "${first}" is neither true nor false`);
    case 'daterange': {
      const { from, to } = parseDateRange(first, key);
      return [from, to].map((end) => (end === null ? null : new Date(end)));
    }
    case 'age':
      return new Date(parseAge(first, key, now));
    case 'equal':
    case undefined:
      // What is unknown is refused by name where the query is built.
      return given;
    case 'after':
    case 'before':
    case 'min':
    case 'max':
      return first;
  }
}

/** One page of a search. */
export async function searchPage(
  sql: Sql,
  columns: ColumnSpecs,
  params: URLSearchParams,
  now: number,
): Promise<SearchPage> {
  const query = searchQuery(params, columns, now);
  const after = params.get('after');
  const { rows, next } = await filePage(
    sql,
    { ...query, columns: [coreColumn('id'), ...query.columns.filter(({ name }) => name !== 'id')], limit: pageSize },
    after === null ? null : readMark(after, query.orderBy),
  );
  return {
    columns: query.columns.map((column) => columnInfo(column, columns)),
    rows: rows.map((row) => ({ id: Number(row['id']), cells: query.columns.map(({ name }) => cell(row[name])) })),
    next: next === null ? null : writeMark(next),
  };
}

function columnInfo({ name, type }: QueryColumn, columns: ColumnSpecs): ColumnInfo {
  return { name, type, isPlugin: Object.hasOwn(columns, name) };
}

/** A value as the page is told of it. */
export function cell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'bigint' ? value.toString() : value;
}
