import { baseColumns } from '../../core/index.ts';
import { farthestMs } from './dialect.ts';
import type { Sql } from './sql.ts';

/** SQLite keeps any value in any column: what a damaged file, or a change by hand, has put there must be found and named. */

/** What a column may hold: in words, and as a condition for SQLite. */
interface Kind {
  readonly no: string;
  readonly holds: (column: string) => string;
}

const kinds = {
  whole: { no: 'whole number', holds: (column) => `typeof(${column}) = 'integer'` },
  number: { no: 'number', holds: (column) => `typeof(${column}) in ('integer', 'real')` },
  moment: {
    no: 'moment',
    holds: (column) => `typeof(${column}) in ('integer', 'real') and abs(${column}) <= ${farthestMs}`,
  },
  text: { no: 'text', holds: (column) => `typeof(${column}) = 'text'` },
} as const satisfies Readonly<Record<string, Kind>>;

/** By the types that columns are declared with. */
const kindOfType: readonly (readonly [RegExp, Kind])[] = [
  [/^(?:big|small|tiny)?int/i, kinds.whole],
  [/^(?:real|double)/i, kinds.number],
  [/^datetime/i, kinds.moment],
  [/^(?:varchar|text|json)/i, kinds.text],
];

const ownColumns: ReadonlySet<string> = new Set(baseColumns);

/** A whole number in a row; null: the cell holds none. */
export function wholeOf(value: unknown): number | null {
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isSafeInteger(number) ? number : null;
}

/** That a cell holds no whole number, in words. @param row - which row it is in: its table and key */
export function noWhole(row: string, column: string, value: unknown): string {
  return fault(row, column, value, kinds.whole);
}

function fault(row: string, column: string, value: unknown, { no }: Kind): string {
  const shown =
    value instanceof Uint8Array ? 'bytes' : typeof value === 'string' ? JSON.stringify(value) : String(value);
  return `${row}: ${column} is ${shown}, which is no ${no}`;
}

/** The first cell of each of the core's tables in SQLite that holds what its column cannot, in words; all rows are read. */
export async function damagedCells(sql: Sql): Promise<readonly string[]> {
  const columns = await sql.all(
    `select t.name as "table", c.name as name, c.type as type, c.pk as pk from sqlite_master t, pragma_table_info(t.name) c
      where t.type = 'table' and t.name not like 'sqlite%' and t.name not like 'mikro_orm%' order by t.name, c.cid`,
  );
  const found: string[] = [];
  for (const [table, all] of Map.groupBy(columns, (row) => String(row['table']))) {
    const cells = all.flatMap(({ name, type }) => {
      const kind = kindOfType.find(([pattern]) => pattern.test(String(type)))?.[1];
      // What a plugin's columns hold is the plugin's business.
      const isOwn = table !== 'files' || ownColumns.has(String(name));
      return kind === undefined || !isOwn ? [] : [{ name: String(name), kind }];
    });
    const keys = all.filter(({ pk }) => Number(pk) > 0).map(({ name }) => String(name));
    found.push(...(await damageIn(sql, table, keys, cells)));
  }
  return found;
}

async function damageIn(
  sql: Sql,
  table: string,
  keys: readonly string[],
  cells: readonly { readonly name: string; readonly kind: Kind }[],
): Promise<readonly string[]> {
  const wrong = ({ name, kind }: (typeof cells)[number]) => `(${name} is not null and not (${kind.holds(name)}))`;
  const flags = cells.map((cell, i) => `${wrong(cell)} as wrong${i}`).join(', ');
  const [row] = await sql.all(
    `select *, ${flags}, count(*) over () as damaged from ${table} where ${cells.map(wrong).join(' or ')} limit 1`,
  );
  const cell = cells.find((_, i) => Number(row?.[`wrong${i}`]) === 1);
  if (row === undefined || cell === undefined) return [];
  const key = keys.map((name) => `${name} ${String(row[name])}`).join(', ');
  const more = Number(row['damaged']) - 1;
  const others = more === 0 ? '' : `, and ${more} more ${more === 1 ? 'row' : 'rows'}`;
  return [`${fault(`${table}, ${key}`, cell.name, row[cell.name], cell.kind)}${others}`];
}
