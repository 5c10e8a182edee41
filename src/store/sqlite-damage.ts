import type { Sql } from './sql.ts';

/** How large SQLite's file is, in bytes, without what its log has not brought into it yet. */
export async function sqliteBytes(sql: Sql): Promise<number> {
  const [row] = await sql.all('select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()');
  return Number(row?.['bytes']);
}

/** What is wrong within SQLite's file, which is read as a whole (some 5 s/GB from memory), as it says itself; null: nothing. */
export async function sqliteDamage(sql: Sql): Promise<string | null> {
  const [row] = await sql.all('pragma quick_check(1)');
  const said = String(row?.['quick_check']);
  // Its first line says in which of several databases.
  return said === 'ok' ? null : said.replace(/^\*{3} .*\n/, '');
}
