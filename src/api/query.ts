import type { ColumnSpecs } from '../core/index.ts';
import { suggestFrom } from '../config/suggest.ts';
import { CarbonationError } from '../errors/index.ts';
import type { Condition, FileQuery, QueryColumn, QueryValue } from '../store/read/query.ts';
import { assertForward } from './moments.ts';
import { checkMoment, checkValue, nearAndAll } from './query-values.ts';

/** Filters as a program gives them: by column, with `_after`, `_before`, `_min`, `_max`, and `_daterange`, `_age`. */
export type Filters = Readonly<Record<string, unknown>>;

/** How a query is read, besides its filters. */
export interface QueryOptions {
  /** The most rows. */
  readonly limit?: number;
  /** A column, with `-` before it: the largest first. */
  readonly orderBy?: string;
  readonly columns?: readonly string[];
}

/** What a filter compares. */
export type FilterKind = 'equal' | 'boolean' | 'after' | 'before' | 'min' | 'max' | 'daterange' | 'age';

/** One filter that a query of this project can have. */
export interface FilterDescription {
  /** The key of a program's filter, e.g. `start_after`. */
  readonly key: string;
  /** The option of `query files`, e.g. `--start-after`. */
  readonly flag: string;
  readonly kind: FilterKind;
  /** Null for those of `start` and `stop` together. */
  readonly column: string | null;
  readonly type: QueryColumn['type'] | null;
  /** Whether the column is the plugin's. */
  readonly isPlugin: boolean;
  readonly description: string;
}

const own: readonly QueryColumn[] = [
  { name: 'id', type: 'integer', nullable: false },
  { name: 'watch_name', type: 'text', nullable: false },
  { name: 'file_type', type: 'text', nullable: true },
  { name: 'group_key', type: 'text', nullable: false },
  { name: 'state', type: 'text', nullable: false },
  { name: 'state_since', type: 'datetime', nullable: false },
  { name: 'reason', type: 'text', nullable: true },
  { name: 'complete', type: 'boolean', nullable: false },
  { name: 'created_at', type: 'datetime', nullable: false, indexed: true },
  { name: 'completed_at', type: 'datetime', nullable: true },
  { name: 'completed_seq', type: 'integer', nullable: true, indexed: true },
  { name: 'modified_at', type: 'datetime', nullable: false },
  { name: 'retention_date', type: 'datetime', nullable: true, indexed: true },
  { name: 'due_at', type: 'datetime', nullable: true, indexed: true },
  { name: 'revision', type: 'integer', nullable: false },
  { name: 'attempt', type: 'integer', nullable: false },
  { name: 'rules_version', type: 'text', nullable: true },
  { name: 'archive_path', type: 'text', nullable: true },
];
const metadata: QueryColumn = { name: 'metadata', type: 'json', nullable: true };

/** Base columns with another option than their own name. */
const shortFlags: Readonly<Record<string, string>> = { file_type: '--type', created_at: '--created' };

/** The most values of one filter. */
const mostValues = 10_000;
/** The most patterns of one filter: each is a condition of its own, and SQLite takes 1000 of them within each other. */
const mostPatterns = 500;

/** Every column of `files` that can be read, the plugin's before the archive path and the metadata. */
export function queryColumns(columns: ColumnSpecs): readonly QueryColumn[] {
  const plugin = Object.entries(columns).map(([name, { type, index }]) => ({
    name,
    type,
    nullable: true,
    indexed: index,
  }));
  return [...own, ...plugin, metadata];
}

/** Every filter of a project, the core's first. */
export function describeFilters(columns: ColumnSpecs): readonly FilterDescription[] {
  const all = queryColumns(columns);
  const names = new Set(all.map(({ name }) => name));
  const described = all
    .flatMap((column) => filtersOf(column, Object.hasOwn(columns, column.name)))
    // Where `orbit_min` is a column, it is not the range of `orbit`.
    .filter(({ key, column }) => key === column || !names.has(key));
  const spans = hasSpan(columns) ? spanFilters : [];
  const core = [...described.filter((filter) => !filter.isPlugin), ...spans];
  const taken = new Set([...otherFlags, ...core.map(({ flag }) => flag)]);
  // A column of the plugin may have the name of an option.
  const apart = described.map((filter) =>
    filter.isPlugin && taken.has(filter.flag) ? { ...filter, flag: `--column-${filter.flag.slice(2)}` } : filter,
  );
  return [...apart, ...spans];
}

/** Options of `query files` that are no filters. */
export const otherFlags = [
  '--format',
  '--limit',
  '--columns',
  '--order-by',
  '--count',
  '--config',
  '--verbose',
  '--help',
];

const spanFilters: readonly FilterDescription[] = [
  {
    key: '_daterange',
    flag: '--daterange',
    kind: 'daterange',
    column: null,
    type: null,
    isPlugin: true,
    description: 'start to stop overlaps A/B, A/, /B, or the day A',
  },
  {
    key: '_age',
    flag: '--age',
    kind: 'age',
    column: null,
    type: null,
    isPlugin: true,
    description: 'start to stop reaches into the last N s, m, h or d, e.g. 7d',
  },
];

function hasSpan(columns: ColumnSpecs): boolean {
  return columns['start']?.type === 'datetime' && columns['stop']?.type === 'datetime';
}

const suffixes = {
  after: 'at or after this moment (ISO 8601; UTC without an offset)',
  before: 'at or before this moment (ISO 8601; UTC without an offset)',
  min: 'this or more',
  max: 'this or less',
} as const;

function filtersOf({ name, type }: QueryColumn, isPlugin: boolean): readonly FilterDescription[] {
  const flag = (isPlugin ? undefined : shortFlags[name]) ?? `--${name.replaceAll('_', '-')}`;
  const base = { column: name, type, isPlugin };
  const ranged = (kind: keyof typeof suffixes): FilterDescription => ({
    ...base,
    key: `${name}_${kind}`,
    flag: `${flag}-${kind}`,
    kind,
    description: `${name} is ${suffixes[kind]}`,
  });
  if (type === 'json') return [];
  if (type === 'boolean')
    return [{ ...base, key: name, flag, kind: 'boolean', description: `${name} is true (false)` }];
  if (type === 'datetime') return [ranged('after'), ranged('before')];
  const equal: FilterDescription = {
    ...base,
    key: name,
    flag,
    kind: 'equal',
    description: type === 'text' ? `${name} is this; % stands for any text; repeatable` : `${name} is this; repeatable`,
  };
  return type === 'text' ? [equal] : [equal, ranged('min'), ranged('max')];
}

/**
 * The conditions of filters.
 *
 * @throws CarbonationError USAGE for an unknown key, with the nearest known one, and for a value that does not fit
 */
export function buildConditions(filters: Filters, columns: ColumnSpecs): readonly Condition[] {
  const all = queryColumns(columns);
  return Object.entries(filters).flatMap(([key, value]) =>
    value === undefined ? [] : [condition(key, value, all, columns)],
  );
}

function condition(key: string, value: unknown, all: readonly QueryColumn[], columns: ColumnSpecs): Condition {
  const exact = all.find(({ name }) => name === key);
  if (exact !== undefined) return equality(exact, value);
  if ((key === '_daterange' || key === '_age') && !hasSpan(columns)) {
    throw new CarbonationError('USAGE', `${key} needs the columns start and stop of type datetime`, {
      remedy: 'the plugin’s model has no such columns',
    });
  }
  if (key === '_daterange') return dateRange(value);
  if (key === '_age') return { kind: 'overlap', from: checkMoment(value, key), to: null };
  const [, name = '', suffix = ''] = /^(.+)_(after|before|min|max)$/.exec(key) ?? [];
  const column = all.find((one) => one.name === name);
  const wantsMoment = suffix === 'after' || suffix === 'before';
  const isRanged =
    column !== undefined && column.type !== 'text' && column.type !== 'json' && column.type !== 'boolean';
  if (column === undefined || !isRanged || wantsMoment !== (column.type === 'datetime'))
    throw unknownFilter(key, columns);
  const bound = checkValue(value, column, key);
  return { kind: suffix === 'after' || suffix === 'min' ? 'min' : 'max', column, value: bound };
}

function equality(column: QueryColumn, value: unknown): Condition {
  if (column.type === 'json') {
    throw new CarbonationError('USAGE', `the column ${column.name} holds JSON, which cannot be compared`, {
      remedy: 'filter by another column',
    });
  }
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (given.length > mostValues) {
    throw new CarbonationError('USAGE', `${column.name}: ${given.length} values are too many`, {
      remedy: `give at most ${mostValues}, or ask in several queries`,
    });
  }
  const values: QueryValue[] = [];
  const patterns: string[] = [];
  for (const one of given) {
    if (one === null) continue;
    const checked = checkValue(one, column, column.name);
    if (typeof checked === 'string' && column.type === 'text' && checked.includes('%')) patterns.push(checked);
    else values.push(checked);
  }
  if (patterns.length > mostPatterns) {
    throw new CarbonationError('USAGE', `${column.name}: ${patterns.length} patterns with % are too many`, {
      remedy: `give at most ${mostPatterns}, or ask in several queries`,
    });
  }
  return { kind: 'any', column, values, patterns, orNull: given.includes(null) };
}

function dateRange(value: unknown): Condition {
  const ends: readonly unknown[] | null = Array.isArray(value) ? value : null;
  if (ends === null || ends.length !== 2) {
    throw new CarbonationError('USAGE', '_daterange is not a pair [start, stop]', {
      remedy: 'give two dates; null leaves an end open',
    });
  }
  const [from = null, to = null] = ends.map((end) => (end === null ? null : checkMoment(end, '_daterange')));
  assertForward({ from, to }, '_daterange');
  return { kind: 'overlap', from, to };
}

function unknownFilter(key: string, columns: ColumnSpecs): CarbonationError {
  const known = describeFilters(columns).map((filter) => filter.key);
  return new CarbonationError('USAGE', `there is no filter "${key}"`, {
    remedy: suggestFrom(key, known, 'there are') ?? 'see describeFilters',
  });
}

/**
 * The column of an order, and its direction.
 *
 * @throws CarbonationError USAGE for an unknown column, or one whose values have no order
 */
export function parseOrder(text: string, columns: ColumnSpecs): Pick<FileQuery, 'orderBy' | 'descending'> {
  const name = text.replace(/^[-+]/, '');
  const orderBy = findColumn(name, queryColumns(columns));
  if (orderBy.type !== 'json') return { orderBy, descending: text.startsWith('-') };
  throw new CarbonationError('USAGE', `the column ${name} holds JSON, which has no order`, {
    remedy: 'order by another column',
  });
}

/**
 * The columns of these names, all that are meant when none are named.
 *
 * @throws CarbonationError USAGE for an unknown one, with the known ones
 */
export function selectColumns(names: readonly string[] | undefined, columns: ColumnSpecs): readonly QueryColumn[] {
  const all = queryColumns(columns);
  if (names === undefined) return all;
  if (names.length > 0) return [...new Set(names)].map((name) => findColumn(name, all));
  throw new CarbonationError('USAGE', 'no columns to show', { remedy: `there are: ${namesOf(all).join(', ')}` });
}

/** A column of the core, by a name that there is. */
export function coreColumn(name: string): QueryColumn {
  return findColumn(name, own);
}

function findColumn(name: string, all: readonly QueryColumn[]): QueryColumn {
  const found = all.find((column) => column.name === name);
  if (found !== undefined) return found;
  throw new CarbonationError('USAGE', `there is no column "${name}"`, { remedy: nearAndAll(name, namesOf(all)) });
}

function namesOf(columns: readonly QueryColumn[]): readonly string[] {
  return columns.map(({ name }) => name);
}

/**
 * A whole query.
 *
 * @throws CarbonationError USAGE
 */
export function buildQuery(filters: Filters, options: QueryOptions, columns: ColumnSpecs): FileQuery {
  const { limit } = options;
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 0)) {
    throw new CarbonationError('USAGE', `the limit ${limit} is not a whole number`, { remedy: 'give 0 or more' });
  }
  return {
    conditions: buildConditions(filters, columns),
    columns: selectColumns(options.columns, columns),
    ...parseOrder(options.orderBy ?? 'id', columns),
    limit: limit ?? null,
  };
}
