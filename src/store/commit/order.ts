import type { Sql } from '../database/sql.ts';

/**
 * Makes the order of ids that are given out from here to the commit the order of commits: other writers wait. SQLite has
 * one writer at a time; it must be taken for one before it reads, or what it has read may be out of date when it writes.
 */
export async function lockOrder(sql: Sql): Promise<void> {
  if (sql.dialect.forUpdate === '') await sql.run("update counters set value = value where name = 'completion'");
  else await sql.all(`select value from counters where name = 'completion'${sql.dialect.forUpdate}`);
}
