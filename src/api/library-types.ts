import type { EntityManager } from '@mikro-orm/core';
import type {
  ActorSnapshot,
  ComponentTotal,
  Counter,
  FileBase,
  FileComponent,
  GroupTotal,
  GroupTransition,
  ServiceState,
} from '../../entities/index.ts';
import type { Column, ColumnValue, FileModel, Given } from '../plugin/contract.ts';
import type { Json, StoredMetadata } from '../core/index.ts';
import type { ProjectStatus } from './health.ts';
import type { FilterDescription } from './query.ts';

/**
 * What every row of `files` has, by column name. An interface would not do for rows without a model, which may have any
 * other column.
 */
export type BaseFileRow = {
  readonly id: number;
  readonly watch_name: string;
  /** As the rule set says; null: it says none. */
  readonly file_type: string | null;
  /** What tells the group from the others of its watch. */
  readonly group_key: string;
  /** The group's state in snake case, e.g. `archived`, `retry_pending`. */
  readonly state: string;
  readonly state_since: Date;
  /** Why the group is in its state, in a sentence; null: the state says it all. */
  readonly reason: string | null;
  /** Whether a revision of it has been completed: this one or a former one. */
  readonly complete: boolean;
  /** When its first file was recorded. */
  readonly created_at: Date;
  /** When it was last completed; null: never. */
  readonly completed_at: Date | null;
  /** The group's place in the order of completion. */
  readonly completed_seq: number | null;
  readonly modified_at: Date;
  /** For programs of the user: carbonation itself neither sets nor heeds it. */
  readonly retention_date: Date | null;
  /** When the service does something about it by itself: a time-out, another try; null: never. */
  readonly due_at: Date | null;
  /** 1, and one more for each re-delivery. */
  readonly revision: number;
  /** Failed tries of this revision. */
  readonly attempt: number;
  /** The rules that it was last judged by; null: its files were found to be its own by different ones. */
  readonly rules_version: string | null;
  /** Where the copy of its primary component is; null: nowhere yet. */
  readonly archive_path: string | null;
  /** The whole object that the extractor returned: dates, bigints and decimals are texts in it. */
  readonly metadata: StoredMetadata | null;
};

/** The values of a plugin's columns; each may be null. */
export type PluginColumns<Model extends FileModel> = {
  readonly [Name in keyof Model['columns'] & string]: ColumnValue<Model['columns'][Name]> | null;
};

/** A row of `files`, as in the database: the core's columns and the plugin's. */
export type FileRow<Model extends FileModel = FileModel> = BaseFileRow & PluginColumns<Model>;

/** The names of all columns. */
export type ColumnName<Model extends FileModel = FileModel> = keyof FileRow<Model> & string;

type Values<Value> = Value | null | readonly (Value | null)[];

type RangeKey<Name extends string, Value> = [Value] extends [Date]
  ? `${Name}_after` | `${Name}_before`
  : [Value] extends [number | bigint]
    ? `${Name}_min` | `${Name}_max`
    : never;

/** The columns that can be compared: JSON cannot. */
type Comparable<Row> = {
  [Name in keyof Row & string]: NonNullable<Json> extends NonNullable<Row[Name]> ? never : Name;
}[keyof Row & string];

type ColumnFilters<Row> = { readonly [Name in Comparable<Row>]?: Values<Given<NonNullable<Row[Name]>>> } & {
  readonly [Name in keyof Row & string as RangeKey<Name, NonNullable<Row[Name]>>]?: NonNullable<Row[Name]> extends Date
    ? Date | string
    : NonNullable<Row[Name]> | number;
};

/** Decimals are texts in rows, which by themselves have no ranges. */
type DecimalRanges<Columns> = {
  readonly [
    Name in keyof Columns & string as Columns[Name] extends Column<string, 'decimal'>
      ? `${Name}_min` | `${Name}_max`
      : never
  ]?: string | number;
};

/**
 * Filters by column: a value or an array of them (one of these; null: no value), in a text `%` for any text; `COL_after`
 * and `COL_before` for dates, `COL_min` and `COL_max` for numbers and decimals, each with its end included. With columns `start` and
 * `stop`: `_daterange` (what overlaps it; null is open) and `_age` (what reaches to it or beyond).
 */
export type FileFilters<Model extends FileModel = FileModel> = ColumnFilters<Omit<BaseFileRow, 'metadata'>> &
  // Without a model the plugin's columns are not known: what is wrong is said when the query is made.
  (string extends keyof Model['columns']
    ? Readonly<Record<string, unknown>>
    : ColumnFilters<PluginColumns<Model>> & DecimalRanges<Model['columns']>) & {
    /** What overlaps this span; null: open on that side. */
    readonly _daterange?: readonly [start: Date | null, stop: Date | null];
    /** What reaches to this moment or beyond. */
    readonly _age?: Date;
  };

/** The rows of a query for the columns `Name`: whole ones where a caller without a model names none. */
export type QueriedRow<Model extends FileModel, Name extends string> = string extends Name
  ? FileRow<Model>
  : Pick<FileRow<Model>, Name & ColumnName<Model>>;

/**
 * How a query is read.
 *
 * @typeParam Name The columns of its rows.
 * @typeParam Known The columns that there are; rows may be ordered by one that they do not have.
 */
export interface FileQueryOptions<Name extends string = string, Known extends string = string> {
  /** The most rows. */
  readonly limit?: number;
  /** A column; with `-` before it, the largest first. Rows without a value come last. The order of ids unless given. */
  readonly orderBy?: Known | `-${Known}`;
  /** Which columns; all unless given. */
  readonly columns?: readonly Name[];
}

/**
 * A project's database, open. Each of its calls throws CarbonationError DATABASE_UNREACHABLE where the database cannot
 * answer, and USAGE when it has been closed before the answer was there.
 */
export interface Database<Model extends FileModel = FileModel> extends AsyncDisposable {
  /**
   * The rows of `files` that meet the filters.
   *
   * @throws CarbonationError USAGE when neither a filter nor a limit is given, and for an unknown column or a value that
   *   does not fit, with a suggestion
   */
  queryFiles<const Name extends ColumnName<Model> = ColumnName<Model>>(
    filters?: FileFilters<Model>,
    options?: FileQueryOptions<Name, ColumnName<Model>> & { readonly countOnly?: false },
  ): Promise<QueriedRow<Model, Name>[]>;
  /** How many rows meet the filters. */
  queryFiles(filters: FileFilters<Model> | undefined, options: { readonly countOnly: true }): Promise<number>;
  /** Like `queryFiles`, row by row, without ever holding more than a page of them; unbounded is fine. */
  streamFiles<const Name extends ColumnName<Model> = ColumnName<Model>>(
    filters?: FileFilters<Model>,
    options?: FileQueryOptions<Name, ColumnName<Model>>,
  ): AsyncGenerator<QueriedRow<Model, Name>, void, undefined>;
  /** Every filter that `queryFiles` knows. */
  describeFilters(): readonly FilterDescription[];
  /**
   * The groups that have completed since a cursor, in the order of completion: without gaps and without repeats, however
   * many processes complete groups meanwhile. A group that is delivered again and completes again comes again, with the
   * next `revision`; one that does so before it was read comes once, as it is by then.
   *
   * @param options.cursor What the last call returned; absent or null: from the beginning.
   * @param options.limit 1000 unless given.
   * @throws CarbonationError CURSOR_INVALID for a cursor that is not of this database, or ahead of it after a restore; USAGE
   *   for a watch that is neither configured nor on record
   */
  getNewFiles(options?: {
    readonly cursor?: string | null;
    readonly watchName?: string;
    readonly limit?: number;
  }): Promise<{ readonly rows: FileRow<Model>[]; readonly cursor: string }>;
  /** What `carbonation status` shows; times in ms since 1970. */
  getServiceStatus(): Promise<ProjectStatus>;
  /** Closes the connections; `await using` does it by itself. */
  close(): Promise<void>;
}

/** The entities of a `session`, for its EntityManager. */
export interface SessionEntities<Model extends FileModel = FileModel> {
  /** The table `files`: the core's properties in camel case, the plugin's as the model names them. */
  readonly File: new () => FileBase & { -readonly [Name in keyof PluginColumns<Model>]: PluginColumns<Model>[Name] };
  readonly FileComponent: typeof FileComponent;
  readonly GroupTransition: typeof GroupTransition;
  readonly ActorSnapshot: typeof ActorSnapshot;
  readonly ServiceState: typeof ServiceState;
  readonly Counter: typeof Counter;
  readonly ComponentTotal: typeof ComponentTotal;
  readonly GroupTotal: typeof GroupTotal;
}

/**
 * What `session` calls: what it has changed in entities is written when it returns, and nothing of it when it throws. What
 * it writes itself (`em.flush()`, `em.nativeUpdate(…)`) is written at once; `em.transactional(…)` takes it back.
 */
export type SessionWork<Result, Model extends FileModel = FileModel> = (
  em: EntityManager,
  entities: SessionEntities<Model>,
) => Promise<Result>;
