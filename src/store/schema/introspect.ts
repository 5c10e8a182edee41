import { baseColumns, type ColumnSpec, type ColumnSpecs } from '../../core/index.ts';
import type { DriverName } from '../../config/types.ts';
import { columnType, indexName } from './column-types.ts';
import type { Row, Sql } from '../database/sql.ts';

/** A column of the table `files`, as the database describes it. */
export interface LiveColumn {
  readonly name: string;
  /** In the words of {@link columnType}, or the database's own when it is none of them. */
  readonly type: string;
}

/** An index of the table `files`. */
export interface LiveIndex {
  readonly name: string;
  readonly columns: readonly string[];
}

/** What the table `files` has beyond the core's: what a plugin's migrations have made. */
export interface LiveFiles {
  readonly columns: readonly LiveColumn[];
  /** Indexes on a plugin's columns only. */
  readonly indexes: readonly LiveIndex[];
}

/** Reads the plugin's part of the table `files` from the database's own catalogue. */
export async function readLiveFiles(sql: Sql): Promise<LiveFiles> {
  const columns = await readLiveColumns(sql);
  const indexes = new Map<string, string[]>();
  for (const row of await sql.all(catalogues[sql.dialect.driver].indexes)) {
    const name = String(row['index_name']);
    indexes.set(name, [...(indexes.get(name) ?? []), String(row['column_name'])]);
  }
  return {
    columns,
    indexes: [...indexes]
      .map(([name, indexed]) => ({ name, columns: indexed }))
      .filter((index) => index.columns.every(isOwn)),
  };
}

function isOwn(name: string): boolean {
  return !(baseColumns as readonly string[]).includes(name);
}

async function readLiveColumns(sql: Sql): Promise<readonly LiveColumn[]> {
  const { driver } = sql.dialect;
  const rows = await sql.all(catalogues[driver].columns);
  return rows
    .map((row) => ({ name: String(row['name']), type: wordsOf(driver, row) }))
    .filter(({ name }) => isOwn(name));
}

/**
 * Why the table `files` cannot keep what the plugin's model says, as sentences: columns that it lacks, or has with another
 * type. A migration was not written or not applied, and whole groups could not be recorded for it.
 */
export async function misfits(sql: Sql, model: ColumnSpecs): Promise<readonly string[]> {
  const { driver } = sql.dialect;
  const types = new Map((await readLiveColumns(sql)).map(({ name, type }) => [name, type]));
  const missing = Object.keys(model).filter((name) => !types.has(name));
  const lack = `the table files lacks the column${missing.length === 1 ? '' : 's'} ${missing.join(', ')} of the plugin's model`;
  const others = Object.entries(model).flatMap(([name, column]) => {
    const [is, needed] = [types.get(name), columnType(column, driver)];
    return is === undefined || is === needed
      ? []
      : [`the column ${name} of the table files is ${is}, and the plugin's model needs ${needed}`];
  });
  return missing.length === 0 ? others : [lack, ...others];
}

const catalogues: Readonly<Record<DriverName, { readonly columns: string; readonly indexes: string }>> = {
  sqlite: {
    columns: "select name, type from pragma_table_info('files') order by cid",
    indexes: `select l.name as index_name, i.name as column_name
      from pragma_index_list('files') l, pragma_index_info(l.name) i order by l.name, i.seqno`,
  },
  postgresql: {
    columns: `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = 'files'::regclass and attnum > 0 and not attisdropped order by attnum`,
    indexes: `select c.relname as index_name, a.attname as column_name
      from pg_index x join pg_class c on c.oid = x.indexrelid
      cross join lateral unnest(x.indkey) with ordinality k (attnum, place)
      join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum
      where x.indrelid = 'files'::regclass order by c.relname, k.place`,
  },
  mariadb: {
    // Named as constants, or the server would open all tables of all its databases for it.
    columns: `select c.column_name as name, c.column_type as type, (select group_concat(k.check_clause)
        from information_schema.check_constraints k where k.constraint_schema = database()
        and k.table_name = 'files' and k.constraint_name = c.column_name) as check_clause
      from information_schema.columns c
      where c.table_schema = database() and c.table_name = 'files' order by c.ordinal_position`,
    indexes: `select index_name as index_name, column_name as column_name from information_schema.statistics
      where table_schema = database() and table_name = 'files' order by index_name, seq_in_index`,
  },
};

/** How each database says what a migration has called otherwise. */
const synonyms: Readonly<Record<DriverName, readonly (readonly [RegExp, string])[]>> = {
  sqlite: [],
  postgresql: [
    [/^character varying/, 'varchar'],
    [/^integer$/, 'int'],
    [/^timestamp\((\d)\) with time zone$/, 'timestamptz($1)'],
  ],
  mariadb: [[/^(int|bigint)\(\d+\)$/, '$1']],
};

function wordsOf(driver: DriverName, row: Row): string {
  // MariaDB's json is longtext with a check.
  const check = row['check_clause'];
  if (typeof check === 'string' && /json_valid/i.test(check)) return 'json';
  const type = String(row['type']).toLowerCase();
  return synonyms[driver].reduce((words, [pattern, word]) => words.replace(pattern, word), type);
}

/** One difference between the plugin's model and the table `files`, as what would have to be done to the table. */
export type Difference =
  | { readonly kind: 'add'; readonly name: string; readonly column: ColumnSpec }
  | { readonly kind: 'drop'; readonly name: string; readonly type: string }
  | { readonly kind: 'alter'; readonly name: string; readonly column: ColumnSpec; readonly type: string }
  | { readonly kind: 'addIndex'; readonly columns: readonly string[] }
  | { readonly kind: 'dropIndex'; readonly columns: readonly string[] };

/**
 * What the plugin's model and the table `files` differ in, in the order in which it can be done. An index on several
 * columns is a migration's own affair, which no model speaks of: it counts only where one of its columns goes.
 */
export function differences(live: LiveFiles, model: ColumnSpecs, driver: DriverName): readonly Difference[] {
  const present = new Map(live.columns.map(({ name, type }) => [name, type]));
  const named = live.indexes.filter((index) => index.name === indexName(index.columns));
  const gone = live.columns.filter(({ name }) => !Object.hasOwn(model, name));
  const isGone = (name: string): boolean => gone.some((column) => column.name === name);
  const isIndexed = (name: string): boolean =>
    live.indexes.some(({ columns }) => columns.length === 1 && columns[0] === name);
  const superfluous = named.filter(({ columns }) => {
    const [only] = columns;
    if (columns.some(isGone)) return true;
    return columns.length === 1 && only !== undefined && model[only]?.index === false;
  });
  const entries = Object.entries(model);
  return [
    ...superfluous.map(({ columns }) => ({ kind: 'dropIndex' as const, columns })),
    ...gone.map(({ name, type }) => ({ kind: 'drop' as const, name, type })),
    ...entries.flatMap(([name, column]): Difference[] => {
      const type = present.get(name);
      if (type === undefined) return [{ kind: 'add', name, column }];
      return type === columnType(column, driver) ? [] : [{ kind: 'alter', name, column, type }];
    }),
    ...entries
      .filter(([name, { index }]) => index && !isIndexed(name))
      .map(([name]) => ({ kind: 'addIndex' as const, columns: [name] })),
  ];
}
