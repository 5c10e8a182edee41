import { defaultPrecision, defaultScale, stableKey, type ColumnSpec } from '../../core/index.ts';
import type { DriverName } from '../../config/types.ts';

/** More characters make no `varchar` of MariaDB, whose rows share 64 KB, or of PostgreSQL. */
const longestVarchar: Readonly<Record<DriverName, number>> = {
  sqlite: Number.MAX_SAFE_INTEGER,
  postgresql: 10_485_760,
  mariadb: 1000,
};
/** The longest name that every database takes, less what a rename may need. */
const longestIndexName = 60;

/** The type of a plugin's column in the words of a database, as its migrations write it. */
export function columnType(spec: ColumnSpec, driver: DriverName): string {
  const { length, precision = defaultPrecision, scale = defaultScale } = spec;
  const pick = (sqlite: string, postgresql: string, mariadb: string): string =>
    ({ sqlite, postgresql, mariadb })[driver];
  switch (spec.type) {
    case 'text':
      // MariaDB's `text` holds 64 KB only.
      return length === undefined || length > longestVarchar[driver]
        ? pick('text', 'text', 'longtext')
        : `varchar(${length})`;
    case 'integer':
      return pick('integer', 'int', 'int');
    case 'bigint':
      return 'bigint';
    case 'float':
      return pick('real', 'double precision', 'double');
    case 'decimal':
      // SQLite's numbers have 15 digits; "text" in the name of a type makes it keep what was written.
      return `${pick('decimal_text', 'numeric', 'decimal')}(${precision},${scale})`;
    case 'boolean':
      return pick('boolean', 'boolean', 'tinyint(1)');
    case 'datetime':
      return pick('datetime', 'timestamptz(3)', 'datetime(3)');
    case 'json':
      return pick('json', 'jsonb', 'json');
  }
}

const plain = { nullable: true, index: false } as const;

/** The column that a database's type stands for: what a migration's way back makes again. Unknown types become text. */
export function columnOf(type: string): ColumnSpec {
  const [, length] = /^varchar\((\d+)\)$/.exec(type) ?? [];
  if (length !== undefined) return { type: 'text', ...plain, length: Number(length) };
  const [, precision, scale] = /^(?:numeric|decimal|decimal_text)\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (precision !== undefined) {
    return { type: 'decimal', ...plain, precision: Number(precision), scale: Number(scale) };
  }
  return { type: kinds[type] ?? 'text', ...plain };
}

const kinds: Readonly<Record<string, ColumnSpec['type']>> = {
  integer: 'integer',
  int: 'integer',
  bigint: 'bigint',
  real: 'float',
  'double precision': 'float',
  double: 'float',
  boolean: 'boolean',
  'tinyint(1)': 'boolean',
  datetime: 'datetime',
  'timestamptz(3)': 'datetime',
  'datetime(3)': 'datetime',
  json: 'json',
  jsonb: 'json',
};

const numbers: ReadonlySet<ColumnSpec['type']> = new Set(['integer', 'bigint', 'float', 'decimal']);

/** Whether every database can turn the values of one column type into the other's. */
export function isConvertible(from: ColumnSpec['type'], to: ColumnSpec['type']): boolean {
  if (from === to) return true;
  if (numbers.has(from)) return to === 'text' || numbers.has(to);
  return from === 'text' && numbers.has(to);
}

/** The name of the index that a migration makes on columns. */
export function indexName(columns: readonly string[]): string {
  const name = `files_${columns.join('_')}_index`;
  return name.length <= longestIndexName ? name : `files_${stableKey(...columns)}_index`;
}
