import { defaultPrecision, defaultScale } from '../core/columns.ts';
import type { ColumnSpec, ColumnSpecs, ColumnType, Json, Metadata } from '../core/index.ts';

/** A column of a plugin's model, with the TypeScript type of its values. */
export interface Column<Value, Type extends ColumnType = ColumnType> extends ColumnSpec {
  readonly type: Type;
  /** Only a type: what rows hold and extractors return. */
  readonly $value?: Value;
}

/** Options of a column. Domain columns are nullable; the option exists so that a mistake is refused by name. */
export interface ColumnOptions {
  /** Whether the database keeps an index on it. */
  readonly index?: boolean;
  /** True, also where it is absent; a plugin with a column that is not nullable is refused. */
  readonly nullable?: boolean;
}

function define<Value, Type extends ColumnType>(
  type: Type,
  options: ColumnOptions,
  extra: Partial<Omit<ColumnSpec, 'type'>> = {},
): Column<Value, Type> {
  return { type, nullable: options.nullable ?? true, index: options.index ?? false, ...extra };
}

/** The column types of a file model; each is nullable. */
export const column = {
  /** Text; `length` in characters, or unlimited. */
  text: (options: ColumnOptions & { readonly length?: number } = {}): Column<string, 'text'> =>
    define('text', options, options.length === undefined ? {} : { length: options.length }),
  /** Whole number of 32 bits. */
  integer: (options: ColumnOptions = {}): Column<number, 'integer'> => define('integer', options),
  /** Whole number of 64 bits. */
  bigint: (options: ColumnOptions = {}): Column<bigint, 'bigint'> => define('bigint', options),
  /** Floating point number of 64 bits. */
  float: (options: ColumnOptions = {}): Column<number, 'float'> => define('float', options),
  /** Exact decimal number, as text; 20 digits, 6 of them behind the point, unless said otherwise. */
  decimal: (
    options: ColumnOptions & { readonly precision?: number; readonly scale?: number } = {},
  ): Column<string, 'decimal'> =>
    define('decimal', options, {
      precision: options.precision ?? defaultPrecision,
      scale: options.scale ?? defaultScale,
    }),
  /** True or false. */
  boolean: (options: ColumnOptions = {}): Column<boolean, 'boolean'> => define('boolean', options),
  /** A moment, stored in UTC with milliseconds. */
  datetime: (options: ColumnOptions = {}): Column<Date, 'datetime'> => define('datetime', options),
  /** Anything that JSON can say; queries cannot compare it. */
  json: (options: ColumnOptions = {}): Column<Json, 'json'> => define('json', options),
} as const;

/** The columns of a model by name. */
export type FileModelColumns = Readonly<Record<string, Column<unknown>>>;

/** What a plugin adds to the table `files`. */
export interface FileModel<Columns extends FileModelColumns = FileModelColumns> {
  /** By name, as in the table. */
  readonly columns: Columns;
}

/** The value type of a column. */
export type ColumnValue<C> = C extends Column<infer Value> ? Value : never;

/** What an extractor for this model may return: any of its columns, or null for "unknown"; undefined is as if it were not there. */
export type Extracted<Model extends FileModel> = {
  readonly [Name in keyof Model['columns']]?: Given<ColumnValue<Model['columns'][Name]>> | null | undefined;
};

/** What is taken for a value: also a `number` where rows hold a `bigint`. */
export type Given<Value> = [Value] extends [bigint] ? Value | number : Value;

/** What an extractor is told besides the files. */
export interface ExtractContext {
  /** The watch in which the files are. */
  readonly watchName: string;
  /** The `file_type` of the group's rule set; null: it has none. */
  readonly fileType: string | null;
  /** What the rules or the plugin made of the files' names. */
  readonly groupKey: string;
  /** Aborted when the time limit is over. */
  readonly signal: AbortSignal;
}

/** Called once for a complete group, in a worker thread, with the absolute paths of its components. */
export type Extractor<Result = Readonly<Record<string, unknown>>> = (
  files: string[],
  context: ExtractContext,
) => Result | Promise<Result>;

/** The group key of a file, given by its absolute path, or null: the file is a group of one. */
export type GroupFunction = (input: { readonly filePath: string }) => string | null | Promise<string | null>;
/** Whether to archive the group; further properties are the rule's `kwargs`. */
export type SelectionFunction = (
  input: { readonly metadata: Metadata } & Readonly<Record<string, unknown>>,
) => boolean | Promise<boolean>;
/** The name of an archive, or null: ask the next rule. */
export type RoutingFunction = (input: { readonly metadata: Metadata }) => string | null | Promise<string | null>;
/**
 * True when the file at an absolute path is sound; false or a text (the reason) when it is not; further properties are the rule's
 * `kwargs`.
 */
export type IntegrityFunction = (
  input: { readonly filePath: string } & Readonly<Record<string, unknown>>,
) => boolean | string | Promise<boolean | string>;

/** A plugin: a model and the functions that rules.toml names by key. */
export interface Plugin<Model extends FileModel = FileModel> {
  /** The columns that it adds to `files`. */
  readonly fileModel: Model;
  /** What reads the metadata of a complete group. */
  readonly extractors: Readonly<Record<string, Extractor>>;
  readonly groupFunctions: Readonly<Record<string, GroupFunction>>;
  readonly selectionFunctions: Readonly<Record<string, SelectionFunction>>;
  readonly routingFunctions: Readonly<Record<string, RoutingFunction>>;
  readonly integrityFunctions: Readonly<Record<string, IntegrityFunction>>;
  /** Absolute path of the plugin's migrations, or null: `migrations/` in its package. */
  readonly migrationsPath: string | null;
  /** Of `query files`, unless the command says otherwise: the column that rows are ordered by, and how many there are at most. */
  readonly queryDefaults: { readonly orderBy?: string; readonly limit?: number };
}

/** What {@link definePlugin} takes: only `fileModel` is required. */
export interface PluginDefinition<Model extends FileModel = FileModel> extends Partial<
  Omit<Plugin<Model>, 'fileModel' | 'extractors'>
> {
  readonly fileModel: Model;
  readonly extractors?: Readonly<Record<string, Extractor<Extracted<Model>>>>;
}

/**
 * Declares the columns that a plugin adds to `files`.
 *
 * @example
 * ```ts
 * export const File = defineFileModel({
 *   start: column.datetime({ index: true }),
 *   category: column.text({ length: 255 }),
 * });
 * ```
 */
export function defineFileModel<const Columns extends FileModelColumns>(columns: Columns): FileModel<Columns> {
  return { columns };
}

/** Puts a plugin together; a plugin package's default export is the result. */
export function definePlugin<Model extends FileModel>(definition: PluginDefinition<Model>): Plugin<Model> {
  return {
    extractors: {},
    groupFunctions: {},
    selectionFunctions: {},
    routingFunctions: {},
    integrityFunctions: {},
    migrationsPath: null,
    queryDefaults: {},
    ...definition,
  };
}

/** The names that rules.toml can use, by kind: what binding a rule set checks. */
export interface PluginKeys {
  readonly columns: ColumnSpecs;
  readonly extractors: readonly string[];
  readonly groupFunctions: readonly string[];
  readonly selectionFunctions: readonly string[];
  readonly routingFunctions: readonly string[];
  readonly integrityFunctions: readonly string[];
}

/** The keys of a plugin. */
export function pluginKeys(plugin: Plugin): PluginKeys {
  return {
    columns: plugin.fileModel.columns,
    extractors: Object.keys(plugin.extractors),
    groupFunctions: Object.keys(plugin.groupFunctions),
    selectionFunctions: Object.keys(plugin.selectionFunctions),
    routingFunctions: Object.keys(plugin.routingFunctions),
    integrityFunctions: Object.keys(plugin.integrityFunctions),
  };
}
