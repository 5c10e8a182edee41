import type { Cells, Dialect } from './dialect.ts';
import type { PreparedRows } from './prepared.ts';

/** A row as the driver returns it, by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** One of the rows of a bulk statement: its cells in the order of the columns. */
export type CellRow = readonly unknown[];

/** What runs statements, on one connection or in one transaction. */
export interface Statements {
  /** Runs a statement with `?` placeholders; the rows it returns, and how many it changed. */
  run(text: string, params: readonly unknown[]): Promise<{ readonly rows: readonly Row[]; readonly affected: number }>;
}

/** Runs SQL with bound parameters on one connection or transaction. */
export class Sql {
  readonly #statements: Statements;
  readonly #prepared: PreparedRows | null;
  readonly dialect: Dialect;

  /** @param prepared - SQLite's own way to write many rows; only inside a transaction of the same connection */
  constructor(statements: Statements, dialect: Dialect, prepared: PreparedRows | null = null) {
    this.#statements = statements;
    this.#prepared = prepared;
    this.dialect = dialect;
  }

  /** Runs a statement with `?` placeholders; the rows it returns, and how many it changed. */
  run(text: string, params: readonly unknown[] = []): ReturnType<Statements['run']> {
    return this.#statements.run(text, params);
  }

  /** The rows of a query. */
  async all(text: string, params: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.run(text, params)).rows;
  }

  /** What a query of one number gives, such as a count; 0 for null, and where there is no row. */
  async number(text: string, params: readonly unknown[] = []): Promise<number> {
    const [row = {}] = await this.all(text, params);
    return Number(Object.values(row)[0] ?? 0);
  }

  /** The rows of `text` whose column is one of `values`; the list travels as one JSON parameter. */
  async whereIn(text: string, column: string, values: readonly (string | number)[], type: 'text' | 'integer') {
    const rows = this.dialect.expand('?', { item: type });
    return this.all(`${text} where ${column} in (select item from (${rows}) list)`, [
      JSON.stringify(values.map((value) => [value])),
    ]);
  }

  /** Inserts rows; those whose `key` exists already are updated in `updates`, when given. */
  async insert(
    table: string,
    cells: Cells,
    rows: readonly CellRow[],
    options: { readonly key?: string; readonly updates?: readonly string[]; readonly returning?: string } = {},
  ): Promise<readonly Row[]> {
    if (rows.length === 0) return [];
    const names = Object.keys(cells).map((name) => this.dialect.quote(name));
    const conflict =
      options.key === undefined || options.updates === undefined
        ? ''
        : this.dialect.onConflict(options.key, options.updates);
    const returning = options.returning === undefined ? '' : ` returning ${options.returning}`;
    const into = `insert into ${table} (${names.join(', ')})`;
    const row = `(${names.map(() => '?').join(', ')})`;
    if (this.#prepared !== null) {
      const text = `${into} values ${row}${conflict}${returning}`;
      return this.#prepared.each(text, rows, options.returning !== undefined).rows;
    }
    if (this.dialect.insertsValues) {
      const values = Array.from(rows, () => row).join(', ');
      return this.all(`${into} values ${values}${conflict}${returning}`, storableCells(cells, rows));
    }
    return this.all(`${into} ${this.dialect.expand('?', cells)}${conflict}${returning}`, [rowsJson(cells, rows)]);
  }

  /** Updates rows by id (the first cell); how many matched `id` and `where`. */
  async update(
    table: string,
    cells: Cells,
    rows: readonly CellRow[],
    set: readonly string[],
    where = '',
  ): Promise<number> {
    if (rows.length === 0) return 0;
    if (this.#prepared !== null) {
      // The same condition as below; the cells in the order in which the statement asks for them.
      const names = Object.keys(cells);
      const asked = [...where.matchAll(/j\.(\w+)/g)].map(([, name]) => name ?? '');
      const order = [...set, 'id', ...asked].map((name) => names.indexOf(name));
      const assignments = set.map((name) => `"${name}" = ?`).join(', ');
      const text = `update ${table} set ${assignments} where ${table}.id = ?${where.replaceAll(/j\.\w+/g, '?')}`;
      return this.#prepared.each(text, rows, false, order).changes;
    }
    const expanded = this.dialect.expand('?', cells);
    return (await this.run(this.dialect.update(table, set, expanded, where), [rowsJson(cells, rows)])).affected;
  }
}

/** So many placeholders for a list of values; a list of none matches nothing. */
export function marks(values: readonly unknown[]): string {
  return values.length === 0 ? 'null' : values.map(() => '?').join(', ');
}

/** What JSON writes for NUL and for half a character. */
const unstorable = /\\u(?:0000|d[89a-f])/i;

/**
 * The rows as one parameter. A message of some library may hold NUL or half a
 * character, which PostgreSQL refuses: they are replaced, so that the group can
 * be written at all.
 */
function rowsJson(cells: Cells, rows: readonly CellRow[]): string {
  const json = JSON.stringify(rows);
  if (!unstorable.test(json)) return json;
  const types = Object.values(cells);
  return JSON.stringify(rows.map((row) => row.map((cell, i) => storable(cell, types[i] === 'json'))));
}

/** The cells of all rows, as {@link rowsJson} has them. */
function storableCells(cells: Cells, rows: readonly CellRow[]): readonly unknown[] {
  const isJson = Object.values(cells).map((type) => type === 'json');
  return rows.flatMap((row) =>
    row.map((cell, i) => (isUnstorable(cell, isJson[i] === true) ? storable(cell, isJson[i] === true) : cell)),
  );
}

/** A value as the JSON of a cell, with a replacement for what databases refuse, as in {@link rowsJson}. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  return unstorable.test(json) ? String(storable(json, true)) : json;
}

/** A text with a replacement for what databases refuse. */
export function storableText(text: string): string {
  return String(storable(text, false));
}

function isUnstorable(cell: unknown, isJson: boolean): boolean {
  if (typeof cell !== 'string') return false;
  return isJson ? unstorable.test(cell) : cell.includes('\0') || !cell.isWellFormed();
}

function storable(cell: unknown, isJson: boolean): unknown {
  if (typeof cell !== 'string') return cell;
  if (isJson) return JSON.stringify(JSON.parse(cell, (_, value: unknown) => storable(value, false)));
  return cell.replaceAll('\0', '\uFFFD').toWellFormed();
}
