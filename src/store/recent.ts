import { cellText } from './cells.ts';
import type { Sql } from './sql.ts';

/** Files that were archived from one moment on and before another, the newest first; times in ms since 1970. */
export async function recentlyArchived(
  sql: Sql,
  since: number,
  before: number,
  limit: number,
): Promise<readonly { readonly watchName: string; readonly at: number }[]> {
  const rows = await sql.all(
    "select watch_name, archived_at from file_components where status = 'archived' and archived_at >= ? and archived_at < ? order by archived_at desc limit ?",
    [sql.dialect.time(since), sql.dialect.time(before), limit],
  );
  return rows.map((row) => ({
    watchName: String(row['watch_name']),
    at: sql.dialect.readTime(row['archived_at']) ?? since,
  }));
}

/** The facts of the latest decisions under a version of the rules, as JSON, with when they were taken: of the `most` last steps of all groups. */
export async function recentDecisions(
  sql: Sql,
  rulesVersion: string,
  most: number,
): Promise<readonly { readonly at: number; readonly facts: string }[]> {
  const [newest] = await sql.all('select max(id) as id from group_transitions');
  const rows = await sql.all(
    `select at, ${sql.dialect.asText('facts')} as facts from group_transitions
      where id > ? and event = 'decide.done' and facts is not null and rules_version = ?`,
    [Number(newest?.['id'] ?? 0) - most, rulesVersion],
  );
  return rows.map((row) => ({ at: sql.dialect.readTime(row['at']) ?? 0, facts: cellText(row['facts']) }));
}
