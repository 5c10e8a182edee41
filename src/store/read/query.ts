import { bareDecimal, canonicalDecimal, type ColumnType } from '../../core/index.ts';
import { cellText, jsonOr } from '../database/cells.ts';
import type { Dialect } from '../database/dialect.ts';
import { marks, type Row, type Sql } from '../database/sql.ts';

/** A column of `files` as queries see it. */
export interface QueryColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** It has an index of its own. */
  readonly indexed?: boolean;
}

/** A value to compare with: a moment in ms since 1970, a decimal as text. */
export type QueryValue = string | number | bigint | boolean;

/** One condition on the rows of `files`; all conditions of a query must hold. */
export type Condition =
  /** One of these values, or like one of these patterns (`%` stands for any text), or null. */
  | {
      readonly kind: 'any';
      readonly column: QueryColumn;
      readonly values: readonly QueryValue[];
      readonly patterns: readonly string[];
      readonly orNull: boolean;
    }
  | { readonly kind: 'min'; readonly column: QueryColumn; readonly value: QueryValue }
  | { readonly kind: 'max'; readonly column: QueryColumn; readonly value: QueryValue }
  /** The group waits, and one of its files has failed the checks. */
  | { readonly kind: 'refused' }
  /** One of these holds. */
  | { readonly kind: 'either'; readonly of: readonly Condition[] }
  /** `start` to `stop` of the row has a moment in common with this span; ms since 1970, null is open. */
  | { readonly kind: 'overlap'; readonly from: number | null; readonly to: number | null };

/** What to read, in which order. */
export interface FileQuery {
  readonly conditions: readonly Condition[];
  readonly columns: readonly QueryColumn[];
  readonly orderBy: QueryColumn;
  readonly descending: boolean;
  /** The most rows to read; null: all. */
  readonly limit: number | null;
}

/** A row as the library gives it: dates as `Date`, bigints as `bigint`, JSON parsed. */
export type QueryRow = Readonly<Record<string, unknown>>;

/** A piece of SQL with its parameters. */
export interface Part {
  readonly text: string;
  readonly params: readonly unknown[];
}

/** How many rows meet the conditions. */
export function countFiles(sql: Sql, conditions: readonly Condition[]): Promise<number> {
  const { text, params } = whereOf(sql.dialect, conditions, []);
  return sql.number(`select count(*) from files${text}`, params);
}

/**
 * Makes groups due at `nowMs`, so that the scheduler asks them to try again; how many groups that were. A service that has one
 * of them in hand finds its row changed, and reads it again.
 */
export async function markDue(sql: Sql, conditions: readonly Condition[], nowMs: number): Promise<number> {
  const { text, params } = whereOf(sql.dialect, conditions, []);
  const update = `update files set due_at = ?, lock_version = lock_version + 1${text}`;
  return (await sql.run(update, [sql.dialect.time(nowMs), ...params])).affected;
}

/** Two passes instead of one sort by "is null", which no index could serve. */
export function passesOf(sql: Sql, { orderBy }: FileQuery): readonly (readonly Part[])[] {
  if (!orderBy.nullable) return [[]];
  const column = named(sql.dialect, orderBy);
  return [[part(`${column} is not null`)], [part(`${column} is null`)]];
}

/** The last row of a page, as plain JSON: the next page begins behind it. */
export interface PageMark {
  readonly id: number;
  /** Of the order's column; a moment in ms since 1970, a bigint as text. */
  readonly value: string | number | boolean | null;
}

/** One page of a query, of `limit` rows at most, and where the next begins; null: there is none. */
export async function filePage(
  sql: Sql,
  query: FileQuery & { readonly limit: number },
  after: PageMark | null,
): Promise<{ readonly rows: readonly QueryRow[]; readonly next: PageMark | null }> {
  const rows: Row[] = [];
  const { limit, orderBy } = query;
  for (const [pass, extra] of passesOf(sql, query).entries()) {
    const isByIdOnly = pass === 1;
    const hasPassed = after !== null && orderBy.nullable && after.value === null;
    if (rows.length > limit || (hasPassed && !isByIdOnly)) continue;
    const isBehind = after !== null && hasPassed === isByIdOnly;
    const last = isBehind ? { row_id: after.id, row_order: after.value } : null;
    // One more than asked for tells whether there are more.
    rows.push(...(await readPage(sql, query, { extra, last, wanted: limit + 1 - rows.length, isByIdOnly })));
  }
  const shown = rows.slice(0, limit);
  const end = rows.length > limit ? shown.at(-1) : undefined;
  return {
    rows: shown.map((row) => decodeRow(sql.dialect, query.columns, row)),
    next:
      end === undefined
        ? null
        : { id: Number(end['row_id']), value: markValue(sql.dialect, orderBy, end['row_order']) },
  };
}

function markValue(dialect: Dialect, column: QueryColumn, raw: unknown): PageMark['value'] {
  if (raw === null || raw === undefined) return null;
  if (column.type === 'datetime') return dialect.readTime(raw);
  if (column.type === 'boolean') return Boolean(raw);
  return typeof raw === 'number' ? raw : cellText(raw);
}

/** What of a query one statement reads. */
export interface PageRequest {
  readonly extra: readonly Part[];
  readonly last: Row | null;
  readonly wanted: number;
  /** The order's column is null in all of these rows. */
  readonly isByIdOnly: boolean;
}

/** Rows of a query, behind the last one of the page before. */
export function readPage(sql: Sql, query: FileQuery, page: PageRequest): Promise<readonly Row[]> {
  const order = comparable(sql.dialect, query.orderBy);
  const direction = query.descending ? 'desc' : 'asc';
  const isById = page.isByIdOnly || query.orderBy.name === 'id';
  const behind = page.last === null ? [] : [behindLast(sql, query, page.last, isById)];
  const where = whereOf(sql.dialect, query.conditions, [...page.extra, ...behind]);
  const sorted = isById ? `files.id ${direction}` : `${order} ${direction}, files.id ${direction}`;
  return sql.all(`select ${selectList(sql, query)} from files${where.text} order by ${sorted} limit ?`, [
    ...where.params,
    page.wanted,
  ]);
}

/** The columns of a query, with the id and the place in the order of each row. */
export function selectList(sql: Sql, query: FileQuery): string {
  const order = `${readableOf(sql.dialect, query.orderBy)} as row_order`;
  return [...readable(sql, query.columns), 'files.id as row_id', order].join(', ');
}

function behindLast(sql: Sql, { orderBy, descending }: FileQuery, last: Row, isById: boolean): Part {
  const sign = descending ? '<' : '>';
  const id = Number(last['row_id']);
  if (isById) return part(`files.id ${sign} ?`, id);
  const column = comparable(sql.dialect, orderBy);
  const value = orderValue(sql.dialect, orderBy, last['row_order']);
  // As a range and a rest, because not every database makes a range of a comparison of pairs.
  return part(`${column} ${sign}= ? and (${column} ${sign} ? or files.id ${sign} ?)`, value, value, id);
}

function orderValue(dialect: Dialect, column: QueryColumn, raw: unknown): unknown {
  if (column.type === 'datetime') return dialect.time(typeof raw === 'number' ? raw : dialect.readTime(raw));
  if (column.type === 'decimal') return dialect.driver === 'sqlite' ? Number(raw) : raw;
  // SQLite has no booleans.
  if (typeof raw === 'boolean' && dialect.driver !== 'postgresql') return Number(raw);
  return column.type === 'bigint' ? BigInt(String(raw)) : raw;
}

/** A column where its order counts: SQLite keeps decimals as text, because its numbers would lose digits. */
export function comparable(dialect: Dialect, column: QueryColumn): string {
  const name = named(dialect, column);
  return column.type === 'decimal' && dialect.driver === 'sqlite' ? `cast(${name} as real)` : name;
}

function named(dialect: Dialect, { name }: Pick<QueryColumn, 'name'>): string {
  return `files.${dialect.quote(name)}`;
}

/** Columns in a `select`: as text where drivers disagree or lose digits. */
export function readable({ dialect }: Sql, columns: readonly QueryColumn[]): readonly string[] {
  return columns.map((column) => `${readableOf(dialect, column)} as ${dialect.quote(column.name)}`);
}

function readableOf(dialect: Dialect, column: QueryColumn): string {
  const isText = column.type === 'bigint' || column.type === 'json' || column.type === 'decimal';
  return isText ? dialect.asText(named(dialect, column)) : named(dialect, column);
}

function part(text: string, ...params: readonly unknown[]): Part {
  return { text, params };
}

/** The conditions as a `where`; empty when there are none. */
export function whereOf(dialect: Dialect, conditions: readonly Condition[], more: readonly Part[]): Part {
  const parts = [...conditions.map((condition) => conditionPart(dialect, condition)), ...more];
  if (parts.length === 0) return part('');
  return {
    text: ` where ${parts.map(({ text }) => `(${text})`).join(' and ')}`,
    params: parts.flatMap(({ params }) => params),
  };
}

/** A file of the group has failed the checks, and the group waits for a better one. */
const refused =
  "files.state = 'waiting' and files.id in (select c.group_id from file_components c where c.status = 'integrity_failed')";

function conditionPart(dialect: Dialect, condition: Condition): Part {
  if (condition.kind === 'overlap') return overlapPart(dialect, condition.from, condition.to);
  if (condition.kind === 'refused') return part(refused);
  if (condition.kind === 'either') return anyOf(condition.of.map((one) => conditionPart(dialect, one)));
  if (condition.kind !== 'any') {
    const sign = condition.kind === 'min' ? '>=' : '<=';
    return part(
      `${comparable(dialect, condition.column)} ${sign} ?`,
      bound(dialect, condition.column, condition.value),
    );
  }
  const column = named(dialect, condition.column);
  const values = condition.values.map((value) => exact(dialect, condition.column, value));
  const parts: Part[] = [];
  if (values.length > 0) parts.push(oneOf(dialect, condition.column, values));
  for (const pattern of condition.patterns) parts.push(patternPart(dialect, column, pattern));
  if (condition.orNull) parts.push(part(`${column} is null`));
  return anyOf(parts);
}

/** MariaDB's `=` heeds no spaces at the end: its index finds what has more or fewer of them too, which is then left out. */
function oneOf(dialect: Dialect, of: QueryColumn, values: readonly unknown[]): Part {
  const column = named(dialect, of);
  const list = `in (${marks(values)})`;
  if (dialect.driver !== 'mariadb' || of.type !== 'text') return part(`${column} ${list}`, ...values);
  return part(`${column} ${list} and ${column} collate utf8mb4_nopad_bin ${list}`, ...values, ...values);
}

/** One of the parts; of none, as of an empty list of values, there is no row. */
function anyOf(parts: readonly Part[]): Part {
  if (parts.length === 0) return part('1 = 0');
  return { text: parts.map(({ text }) => `(${text})`).join(' or '), params: parts.flatMap(({ params }) => params) };
}

/** Only `%` is special: `_` is in too many names. Case counts, on SQLite too, whose `like` does not heed it. */
function patternPart(dialect: Dialect, column: string, pattern: string): Part {
  if (dialect.driver === 'sqlite') {
    return part(`${column} glob ?`, pattern.replaceAll(/[*?[]/g, (one) => `[${one}]`).replaceAll('%', '*'));
  }
  const like = "like ? escape '!'";
  const escaped = pattern.replaceAll(/[!_]/g, (one) => `!${one}`);
  const [start = ''] = pattern.split('%', 1);
  if (dialect.driver !== 'mariadb' || start === '') return part(`${column} ${like}`, escaped);
  // It looks for "a%" in its index from "a" on, which there stands as if it had spaces at its end: behind "a" and a control character.
  const before = `${column} > ? and ${column} < ? and ${column} collate utf8mb4_nopad_bin ${like}`;
  return part(`${column} ${like} or (${before})`, escaped, `${start}\0`, start, escaped);
}

/** A row with only one of the two moments is that moment. */
function overlapPart(dialect: Dialect, from: number | null, to: number | null): Part {
  const [start, stop] = [named(dialect, { name: 'start' }), named(dialect, { name: 'stop' })];
  const parts: Part[] = [];
  if (from !== null) {
    const at = dialect.time(from);
    parts.push(part(`(${stop} >= ? or (${stop} is null and ${start} >= ?))`, at, at));
  }
  if (to !== null) {
    const at = dialect.time(to);
    parts.push(part(`(${start} <= ? or (${start} is null and ${stop} <= ?))`, at, at));
  }
  return {
    text: parts.map(({ text }) => text).join(' and ') || '1 = 1',
    params: parts.flatMap(({ params }) => params),
  };
}

function bound(dialect: Dialect, column: QueryColumn, value: QueryValue): unknown {
  if (column.type === 'datetime') return dialect.time(Number(value));
  // SQLite has no booleans, and compares decimals as numbers.
  if (typeof value === 'boolean') return dialect.driver === 'postgresql' ? value : Number(value);
  return column.type === 'decimal' && dialect.driver === 'sqlite' ? Number(value) : value;
}

/** A value to be equal to. SQLite keeps decimals as the text that was written, without superfluous zeros. */
function exact(dialect: Dialect, column: QueryColumn, value: QueryValue): unknown {
  if (column.type !== 'decimal' || dialect.driver !== 'sqlite') return bound(dialect, column, value);
  return canonicalDecimal(String(value)) ?? String(value);
}

/**
 * A database's row with the values of its columns' types. What is no number, or was cut off, as it stands: the rest of its row, and other
 * rows, can be read.
 */
export function decodeRow(dialect: Dialect, columns: readonly QueryColumn[], row: Row): QueryRow {
  return Object.fromEntries(columns.map((column) => [column.name, decode(dialect, column, row[column.name])]));
}

function decode(dialect: Dialect, { type }: QueryColumn, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'datetime': {
      const ms = dialect.readTime(value);
      return ms === null ? null : new Date(ms);
    }
    case 'bigint': {
      const text = cellText(value);
      return /^-?\d+$/.test(text) ? BigInt(text) : text;
    }
    case 'json': {
      const text = cellText(value);
      return jsonOr(text, text);
    }
    case 'boolean':
      return Boolean(value);
    case 'integer':
    case 'float': {
      const number = Number(value);
      return Number.isNaN(number) ? cellText(value) : number;
    }
    case 'text':
      return cellText(value);
    case 'decimal':
      return bareDecimal(cellText(value));
  }
}
