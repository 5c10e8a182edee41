import { marks, type Sql } from './sql.ts';

/** Steps looked at together: few enough that nothing waits for it. */
const pageSize = 1000;

/** What one batch came to. */
export interface PrunedBatch {
  /** Where the next batch begins; null: there is nothing older. */
  readonly next: number | null;
  readonly removed: number;
}

/**
 * Removes steps of the history that are older than `before` (ms since 1970), one batch from `afterId` on. The last step
 * and the last decision of each group stay, however old they are: they are what says why it is where it is. So does what
 * a notifier has not taken yet.
 */
export async function pruneHistory(sql: Sql, before: number, afterId: number): Promise<PrunedBatch> {
  const rows = await sql.all(
    `select t.id, t.at, case when exists (select 1 from group_transitions n where n.group_id = t.group_id and n.id > t.id
        and (t.event <> 'decide.done' or n.event = 'decide.done')) then 1 else 0 end as is_passed
      from group_transitions t where t.id > ? order by t.id limit ?`,
    [afterId, pageSize],
  );
  const [notifiers] = await sql.all('select min(transition_id) as taken from notifiers');
  const taken = notifiers?.['taken'] === null ? Infinity : Number(notifiers?.['taken']);
  const old = rows.filter((row) => (sql.dialect.readTime(row['at']) ?? before) < before);
  const ids = old
    .filter((row) => Number(row['is_passed']) === 1 && Number(row['id']) <= taken)
    .map((row) => Number(row['id']));
  if (ids.length > 0) {
    await sql.run(`delete from group_transitions where id in (${marks(ids)})`, ids);
  }
  // Steps are recorded about in the order of time: behind a page of young ones there are only young ones.
  const isOver = rows.length < pageSize || old.length === 0;
  return { next: isOver ? null : Number(rows.at(-1)?.['id']), removed: ids.length };
}
