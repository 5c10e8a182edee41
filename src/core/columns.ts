/** The types a column of a plugin's file model can have. */
export const columnTypes = ['text', 'integer', 'bigint', 'float', 'decimal', 'boolean', 'datetime', 'json'] as const;

/** One of {@link columnTypes}. */
export type ColumnType = (typeof columnTypes)[number];

/** A column as plain data: what a thread, a migration and a query need to know of it. */
export interface ColumnSpec {
  readonly type: ColumnType;
  /** Whether rows may have no value in it. */
  readonly nullable: boolean;
  /** Whether the database keeps an index on it. */
  readonly index: boolean;
  /** text: the longest value in characters; absent: no limit. */
  readonly length?: number;
  /** decimal: digits in all. */
  readonly precision?: number;
  /** decimal: digits behind the point. */
  readonly scale?: number;
}

/** The largest number of an integer column, and of ids. The smallest is one below its negative. */
export const largestInteger = 2 ** 31 - 1;
/** The largest number of a bigint column. The smallest is one below its negative. */
export const largestBigint = 2n ** 63n - 1n;

/** Digits of a decimal unless its column says otherwise. */
export const defaultPrecision = 20;
/** Those of them that are behind the point. */
export const defaultScale = 6;

/** A model's columns by name. */
export type ColumnSpecs = Readonly<Record<string, ColumnSpec>>;

/** Columns of `files` that the core owns; a plugin cannot define or set them. */
export const baseColumns = [
  'id',
  'watch_name',
  'file_type',
  'group_key',
  'key_hash',
  'complete',
  'archive_path',
  'metadata',
  'created_at',
  'completed_at',
  'modified_at',
  'retention_date',
  'state',
  'state_since',
  'reason',
  'revision',
  'attempt',
  'rules_version',
  'due_at',
  'completed_seq',
  'lock_version',
] as const;

/** A decimal as a database gives it, without the zeros that only fill its scale. */
export function bareDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** JSON as values. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Metadata as it is stored: JSON, a date as ISO 8601 text, a bigint and a decimal as text. */
export type StoredMetadata = Readonly<Record<string, Json>>;

/** Metadata as plugin functions and templates see it: dates as `Date`, bigints as `bigint`. */
export type Metadata = Readonly<Record<string, unknown>>;

/** Turns stored metadata back into the values of its columns. What a column held before it got another type stays as it is stored. */
export function reviveMetadata(stored: StoredMetadata, columns: ColumnSpecs): Metadata {
  return Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, revived(value, columns[name]?.type)]));
}

function revived(value: Json, type: ColumnType | undefined): unknown {
  if (type === 'datetime' && typeof value === 'string') {
    const date = new Date(value);
    return Number.isNaN(date.getTime()) ? value : date;
  }
  const isWhole = (typeof value === 'string' || typeof value === 'number') && /^-?\d+$/.test(String(value));
  return type === 'bigint' && isWhole ? BigInt(value) : value;
}
