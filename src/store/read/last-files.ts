import type { Sql } from '../database/sql.ts';

/**
 * When each watch last had a file, as its groups tell, in ms since 1970: the files of the newest group of each state, which is found by
 * its place in an index. What was found in an archive and never delivered does not count.
 *
 * @param known - watches that are not looked at
 */
export async function lastFilesOf(sql: Sql, known: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const last = new Map<string, number>();
  for (const row of await sql.all('select distinct watch_name, state from group_totals where total <> 0')) {
    const watchName = String(row['watch_name']);
    if (known.has(watchName)) continue;
    const [newest] = await sql.all(
      `select max(c.detected_at) as at from file_components c
        where (c.archive_path is null or c.archive_path <> c.source_path) and c.group_id =
          (select id from files where state = ? and watch_name = ? order by created_at desc, id desc limit 1)`,
      [row['state'], watchName],
    );
    const at = sql.dialect.readTime(newest?.['at']);
    if (at !== null) last.set(watchName, Math.max(at, last.get(watchName) ?? 0));
  }
  return last;
}
