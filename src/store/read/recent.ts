import { cellText } from '../database/cells.ts';
import type { Sql } from '../database/sql.ts';

/** How many files of each watch were archived from one moment on and before another; times in ms since 1970. */
export async function archivedBetween(
  sql: Sql,
  since: number,
  before: number,
): Promise<readonly { readonly watchName: string; readonly files: number }[]> {
  const rows = await sql.all(
    "select watch_name, count(*) as files from file_components where status = 'archived' and archived_at >= ? and archived_at < ? group by watch_name",
    [sql.dialect.time(since), sql.dialect.time(before)],
  );
  return rows.map((row) => ({ watchName: String(row['watch_name']), files: Number(row['files']) }));
}

/** The facts of the latest decisions under a version of the rules, as JSON, with when they were taken: of the `most` last steps of all groups. */
export async function recentDecisions(
  sql: Sql,
  rulesVersion: string,
  most: number,
): Promise<readonly { readonly at: number; readonly facts: string }[]> {
  const newest = await sql.number('select max(id) from group_transitions');
  const rows = await sql.all(
    `select at, ${sql.dialect.asText('facts')} as facts from group_transitions
      where id > ? and event = 'decide.done' and facts is not null and rules_version = ?`,
    [newest - most, rulesVersion],
  );
  return rows.map((row) => ({ at: sql.dialect.readTime(row['at']) ?? 0, facts: cellText(row['facts']) }));
}
