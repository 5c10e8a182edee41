import { defaultPrecision, defaultScale, largestInteger, type ColumnSpec, type ColumnType } from '../../core/index.ts';
import { CarbonationError } from '../../errors/index.ts';
import { columnType } from './column-types.ts';
import type { Row } from '../database/sql.ts';

/** Runs one statement inside the migration's transaction. */
export type Execute = (statement: string) => Promise<readonly Row[]>;

/**
 * SQLite cannot change a column: a new one takes its values, its name and its indexes.
 *
 * @returns What is left to do once the values are there.
 * @throws CarbonationError MIGRATION_INVALID for a value that does not fit, which SQLite would keep as it is
 */
export async function alterOnSqlite(name: string, column: ColumnSpec, execute: Execute): Promise<readonly string[]> {
  const indexes = await execute(
    `select l.name as name, s.sql as statement from pragma_index_list('files') l
      join pragma_index_info(l.name) i on i.name = '${name}' join sqlite_master s on s.type = 'index' and s.name = l.name`,
  );
  const altered = `"${name}__altered"`;
  await execute(`alter table files add column ${altered} ${columnType(column, 'sqlite')} null`);
  await execute(`update files set ${altered} = ${valueOf(name, column.type)}`);
  await assertFits(name, altered, column, execute);
  return [
    ...indexes.map((index) => `drop index "${String(index['name'])}"`),
    `alter table files drop column "${name}"`,
    `alter table files rename column ${altered} to "${name}"`,
    ...indexes.map((index) => String(index['statement'])),
  ];
}

/** The value for a column of the new type, as the other databases make it of the old one. */
function valueOf(name: string, type: ColumnType): string {
  if (type === 'text') return `cast("${name}" as text)`;
  if (type !== 'integer' && type !== 'bigint') return `"${name}"`;
  return `case typeof("${name}") when 'real' then round("${name}") else "${name}" end`;
}

interface Misfit {
  /** The condition under which a value does not fit. */
  readonly is: string;
  readonly words: string;
}

/** What does not fit a column, once its type has made of the value what it can. */
const misfits: Readonly<Partial<Record<ColumnType, (value: string, column: ColumnSpec) => Misfit>>> = {
  integer: (value) => ({
    is: `typeof(${value}) <> 'integer' or ${value} not between ${-largestInteger - 1} and ${largestInteger}`,
    words: 'a whole number of 32 bits',
  }),
  bigint: (value) => ({ is: `typeof(${value}) <> 'integer'`, words: 'a whole number of 64 bits' }),
  float: (value) => ({ is: `typeof(${value}) = 'text'`, words: 'a number' }),
  decimal: (value, { precision = defaultPrecision, scale = defaultScale }) => ({
    is: `json_valid(${value}) = 0 or json_type(${value}) not in ('integer', 'real') or abs(${value}) >= 1e${precision - scale}`,
    words: `a number with at most ${precision - scale} digits before the point`,
  }),
};

async function assertFits(name: string, altered: string, column: ColumnSpec, execute: Execute): Promise<void> {
  const misfit = misfits[column.type]?.(altered, column);
  if (misfit === undefined) return;
  const [row] = await execute(
    `select quote("${name}") as value, group_key as group_key from files
      where ${altered} is not null and (${misfit.is}) limit 1`,
  );
  if (row === undefined) return;
  throw new CarbonationError(
    'MIGRATION_INVALID',
    `the value ${String(row['value'])} of the group ${String(row['group_key'])} is not ${misfit.words}`,
    { remedy: 'correct the values, or let the migration drop the column and add it again, without these values' },
  );
}
