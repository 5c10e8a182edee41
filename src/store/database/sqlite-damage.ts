import { damagedCells } from './damaged-cells.ts';
import type { Sql } from './sql.ts';

/** How large SQLite's file is, in bytes, without what its log has not brought into it yet; 0: the database is on a server. */
export async function sqliteBytes(sql: Sql): Promise<number> {
  if (sql.dialect.driver !== 'sqlite') return 0;
  return sql.number('select page_count * page_size from pragma_page_count(), pragma_page_size()');
}

/**
 * What is wrong within SQLite's file, which is read as a whole (some 5 s/GB from memory), as it says itself, or which values are none that
 * their columns may hold; null: nothing, or the database is on a server.
 */
export async function sqliteDamage(sql: Sql): Promise<string | null> {
  if (sql.dialect.driver !== 'sqlite') return null;
  const [row] = await sql.all('pragma quick_check(1)');
  const said = String(row?.['quick_check']);
  // Its first line says in which of several databases.
  if (said !== 'ok') return said.replace(/^\*{3} .*\n/, '');
  const cells = await damagedCells(sql);
  return cells.length === 0 ? null : cells.join('; ');
}
