import type { ColumnType } from '../../core/index.ts';
import type { DriverName } from '../../config/types.ts';
import { CarbonationError } from '../../errors/index.ts';

/** Columns of a bulk statement, in order. */
export type Cells = Readonly<Record<string, ColumnType>>;

/**
 * What differs between the databases on the hot path. A bulk statement carries
 * all its rows in one JSON parameter, which the database expands: one statement
 * a table and batch, whatever the number of rows.
 */
export interface Dialect {
  readonly driver: DriverName;
  /** The placeholder of the n-th parameter, counted from 1. */
  placeholder(n: number): string;
  /** A `select` over the rows of the JSON in `placeholder`, one column a cell. */
  expand(placeholder: string, cells: Cells): string;
  /** Rows are inserted as a list of values: that database takes three times as long to expand them from JSON. */
  readonly insertsValues: boolean;
  /** A moment as a parameter or a JSON cell; ms since 1970. */
  time(ms: number | null): string | number | null;
  /** A moment as read from a row, in ms since 1970. */
  readTime(value: unknown): number | null;
  /** What follows an `insert … select` so that existing rows are updated instead. */
  onConflict(key: string, columns: readonly string[]): string;
  /** `update target … from rows j`, joined on `target.id = j.id`. */
  update(target: string, set: readonly string[], rows: string, where: string): string;
  quote(name: string): string;
  /** An expression as text. */
  asText(expression: string): string;
  /** The `limit 1 for update` of databases that have row locks. */
  readonly forUpdate: string;
}

const sqliteTypes: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  integer: 'integer',
  bigint: 'integer',
  float: 'real',
  decimal: 'text',
  boolean: 'integer',
  datetime: 'integer',
  json: 'text',
};

const sqlite: Dialect = {
  driver: 'sqlite',
  placeholder: () => '?',
  expand: (placeholder, cells) =>
    `select ${Object.entries(cells)
      .map(([name, type], i) => `cast(json_extract(value, '$[${i}]') as ${sqliteTypes[type]}) as "${name}"`)
      .join(', ')} from json_each(${placeholder}) where true`,
  insertsValues: false,
  time: (ms) => ms,
  // Its columns take any value; one that is no moment must not end what it is read with.
  readTime: (value) => (typeof value === 'number' && Math.abs(value) <= farthestMs ? value : null),
  onConflict: (key, columns) =>
    ` on conflict (${key}) do update set ${columns.map((name) => `"${name}" = excluded."${name}"`).join(', ')}`,
  update: (target, set, rows, where) =>
    `update ${target} set ${set.map((name) => `"${name}" = j."${name}"`).join(', ')} from (${rows}) j where ${target}.id = j.id${where}`,
  quote: (name) => `"${name}"`,
  asText: (expression) => `cast(${expression} as text)`,
  forUpdate: '',
};

const postgresTypes: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  integer: 'integer',
  bigint: 'bigint',
  float: 'double precision',
  decimal: 'numeric',
  boolean: 'boolean',
  datetime: 'timestamptz',
  json: 'jsonb',
};

const postgresql: Dialect = {
  ...sqlite,
  driver: 'postgresql',
  placeholder: (n) => `$${n}`,
  // As `json` each row would be read anew for each of its cells, which takes five times as long.
  expand: (placeholder, cells) =>
    `select ${Object.entries(cells)
      .map(([name, type], i) =>
        type === 'json' ? `(value->>${i})::jsonb as "${name}"` : `(value->>${i})::${postgresTypes[type]} as "${name}"`,
      )
      .join(', ')} from jsonb_array_elements(${placeholder}::jsonb)`,
  time: (ms) => (ms === null ? null : new Date(ms).toISOString()),
  readTime: readDate,
  forUpdate: ' for update',
};

/** Of the tables' own set of characters: left out, the database's default would decide, and turn what it lacks into `?`. */
const mariaText = 'longtext character set utf8mb4 collate utf8mb4_bin';

const mariaTypes: Readonly<Record<ColumnType, string>> = {
  text: mariaText,
  integer: 'int',
  bigint: 'bigint',
  float: 'double',
  decimal: 'decimal(65,30)',
  boolean: 'tinyint',
  datetime: 'datetime(3)',
  json: mariaText,
};

const mariadb: Dialect = {
  ...sqlite,
  driver: 'mariadb',
  expand: (placeholder, cells) =>
    `select * from json_table(${placeholder}, '$[*]' columns (${Object.entries(cells)
      .map(([name, type], i) => `\`${name}\` ${mariaTypes[type]} path '$[${i}]'`)
      .join(', ')})) rows_of`,
  insertsValues: true,
  time: (ms) => (ms === null ? null : new Date(ms).toISOString().replace('T', ' ').replace('Z', '')),
  readTime: readDate,
  onConflict: (_key, columns) =>
    ` on duplicate key update ${columns.map((name) => `\`${name}\` = values(\`${name}\`)`).join(', ')}`,
  // From the rows to the table, by its key: the other way round every row of the table would be locked.
  update: (target, set, rows, where) =>
    `update (${rows}) j straight_join ${target} on ${target}.id = j.id set ${set.map((name) => `${target}.\`${name}\` = j.\`${name}\``).join(', ')} where true${where}`,
  quote: (name) => `\`${name}\``,
  asText: (expression) => `cast(${expression} as char)`,
  forUpdate: ' for update',
};

/** The farthest moment from 1970 that there is, in ms. */
export const farthestMs = 8.64e15;

/** The drivers give moments as text: `2026-01-02 03:04:05.678`, PostgreSQL with an offset (`+00`, `+05:30`, `+00:19:32`) behind it. */
function readDate(value: unknown): number | null {
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string') return null;
  const [, date, time, sign, hours = 0, minutes = 0, seconds = 0] =
    /^(\d{4}-\d\d-\d\d)[ T]([\d:.]+)(?:Z|([+-])(\d\d)(?::?(\d\d)(?::(\d\d))?)?)?$/.exec(value) ?? [];
  const offsetMs = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  const ms = Date.parse(`${date}T${time}Z`) - (sign === '-' ? -offsetMs : offsetMs);
  if (Number.isNaN(ms)) throw new CarbonationError('INTERNAL', `the database gave "${value}" for a moment`);
  return ms;
}

/** By driver name. */
export const dialects: Readonly<Record<DriverName, Dialect>> = { sqlite, postgresql, mariadb };
