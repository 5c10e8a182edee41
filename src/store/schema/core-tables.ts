import type { DriverName } from '../../config/types.ts';
import type { Orm } from '../database/orm.ts';
import type { Sql } from '../database/sql.ts';

/** The core's tables with their columns, as its entities have them; the plugin's columns of `files` are not looked for. */
export function coreTables(orm: Orm): ReadonlyMap<string, readonly string[]> {
  const entities = [...orm.getMetadata().getAll().values()].toSorted((a, b) => (a.tableName < b.tableName ? -1 : 1));
  return new Map(entities.map(({ tableName, props }) => [tableName, props.flatMap(({ fieldNames }) => fieldNames)]));
}

const catalogues: Readonly<Record<DriverName, string>> = {
  sqlite: `select t.name as table_name, c.name as column_name from sqlite_master t, pragma_table_info(t.name) c
    where t.type = 'table'`,
  postgresql: `select t.relname as table_name, c.attname as column_name from pg_class t join pg_attribute c on c.attrelid = t.oid
    where t.relkind = 'r' and pg_table_is_visible(t.oid) and c.attnum > 0 and not c.attisdropped`,
  mariadb: `select table_name as table_name, column_name as column_name from information_schema.columns
    where table_schema = database()`,
};

/** What somebody has taken out of the core's tables, as sentences: what they hold cannot be recorded, although no migration is pending. */
export async function missingTables(
  sql: Sql,
  tables: ReadonlyMap<string, readonly string[]>,
): Promise<readonly string[]> {
  const rows = await sql.all(catalogues[sql.dialect.driver]);
  const live = Map.groupBy(rows, (row) => String(row['table_name']));
  return [...tables].flatMap(([table, columns]) => {
    const found = live.get(table);
    if (found === undefined) return [`the table ${table} is missing`];
    const present = new Set(found.map((row) => String(row['column_name'])));
    const missing = columns.filter((name) => !present.has(name));
    if (missing.length === 0) return [];
    return [`the table ${table} lacks the column${missing.length === 1 ? '' : 's'} ${missing.join(', ')}`];
  });
}
