import {
  BigIntType,
  defineEntity,
  p,
  Type,
  ValidationError,
  type EntityProperty,
  type Platform,
  type TransformContext,
} from '@mikro-orm/core';
import {
  bareDecimal,
  defaultPrecision,
  defaultScale,
  type ColumnSpec,
  type ColumnSpecs,
  type StoredMetadata,
} from '../src/core/columns.ts';
import { canonicalDecimal } from '../src/core/decimal.ts';

/** What every row of `files` has: one file group. A plugin's model adds its own columns to the same table. */
export const fileBaseProperties = {
  id: p.integer().primary().autoincrement(),
  watchName: p.string().length(255),
  fileType: p.string().length(255).nullable().index(),
  groupKey: p.text(),
  /** Stable key of watch and group key: unique where the texts are too long for an index. */
  keyHash: p.string().length(32).unique(),
  /** The chart's state in snake case. */
  state: p.string().length(20),
  stateSince: p.datetime(3),
  reason: p.text().nullable(),
  /** 1, and one more for each re-delivery of changed content. */
  revision: p.integer().default(1),
  /** Failed tries of this revision. */
  attempt: p.integer().default(0),
  rulesVersion: p.string().length(12).nullable(),
  /** When the scheduler must send the group its next deadline event. */
  dueAt: p.datetime(3).nullable().index(),
  complete: p.boolean().default(false),
  /** Where the primary component is archived. */
  archivePath: p.text().nullable(),
  metadata: p.json<StoredMetadata>().nullable(),
  createdAt: p.datetime(3).index(),
  completedAt: p.datetime(3).nullable(),
  /** Position in the order of completion; assigned in commit order. */
  completedSeq: p.bigint('number').nullable().unique(),
  modifiedAt: p.datetime(3),
  retentionDate: p.datetime(3).nullable().index(),
  /** Compare-and-set guard against a second writer. */
  lockVersion: p.integer().default(1),
};

/** The entity of `files` without a plugin's columns. */
export const FileBaseSchema = defineEntity({ name: 'File', tableName: 'files', properties: fileBaseProperties });

/** One file group, as the core knows it. */
export class FileBase extends FileBaseSchema.class {}
FileBaseSchema.setClass(FileBase);

/** SQLite's driver gives numbers of 64 bits as JavaScript numbers, which end at 2^53: they are read as text. */
class ExactBigInt extends BigIntType {
  constructor() {
    super('bigint');
  }

  override convertToJSValueSQL(key: string, platform: Platform): string {
    return platform.constructor.name.startsWith('Sqlite') ? `cast(${key} as text)` : key;
  }
}

/** A decimal as a program or a driver gives it. */
type Written = string | number | null | undefined;

/**
 * Decimals as text, the same on every database: servers fill the scale with zeros, and SQLite keeps what is written, where queries
 * look for numbers without superfluous zeros.
 */
class BareDecimal extends Type<string | null> {
  override convertToDatabaseValue(value: Written, _: Platform, context?: TransformContext): string | null {
    if (value === null || value === undefined) return null;
    const text = canonicalDecimal(String(value));
    if (text !== null) return text;
    // A condition may have a pattern, which no number is like.
    if (context?.mode === 'query') return String(value);
    throw new ValidationError(`${this.prop?.name ?? 'a decimal'}: "${String(value)}" is not a decimal number`);
  }

  /** MikroORM would compare 15 digits, and not write what differs behind them. */
  override compareValues(a: unknown, b: unknown): boolean {
    return a === b;
  }

  override convertToJSValue(value: Written): string | null {
    return value === null || value === undefined ? null : bareDecimal(String(value));
  }

  override getColumnType(prop: EntityProperty, platform: Platform): string {
    return platform.getDecimalTypeDeclarationSQL(prop);
  }
}

function property(spec: ColumnSpec) {
  switch (spec.type) {
    case 'text':
      return spec.length === undefined ? p.text().nullable() : p.string().length(spec.length).nullable();
    case 'integer':
      return p.integer().nullable();
    case 'bigint':
      return p.type(ExactBigInt).$type<bigint>().nullable();
    case 'float':
      return p.double().nullable();
    case 'decimal':
      return p
        .type(BareDecimal)
        .$type<string>()
        .precision(spec.precision ?? defaultPrecision)
        .scale(spec.scale ?? defaultScale)
        .nullable();
    case 'boolean':
      return p.boolean().nullable();
    case 'datetime':
      return p.datetime(3).nullable();
    case 'json':
      return p.json().nullable();
  }
}

/** The entity of `files` with a plugin's columns; it replaces {@link FileBaseSchema} when the ORM starts. */
export function defineFileEntity(columns: ColumnSpecs) {
  const own = Object.fromEntries(
    Object.entries(columns).map(([name, spec]) => [name, spec.index ? property(spec).index() : property(spec)]),
  );
  return defineEntity({ name: 'File', tableName: 'files', properties: { ...fileBaseProperties, ...own } });
}
