import { marks, type Row, type Sql } from './database/sql.ts';

/** Steps looked at together: few enough that nothing waits for it. */
const pageSize = 1000;

/** What one batch came to. */
export interface PrunedBatch {
  /** Where the next batch begins; null: there is nothing older. */
  readonly next: number | null;
  readonly removed: number;
}

/** Steps that may be the end of a transfer, or of what it left to do. */
const isArchiving = (step: string) => `(${step}.to_state = 'archived' or ${step}.event = 'transferComponents.done')`;

/**
 * Whether of a group's steps `n` is one that takes the place of `t` for whoever looks back: the last decision says why the group is
 * where it is; the last transfer, and the last state that it was in before it was assessed, whether a later step is an event
 * that a notifier is told of (`occurrences` of notify-store.ts).
 */
const passes = `(t.event <> 'decide.done' or n.event = 'decide.done')
  and (not ${isArchiving('t')} or ${isArchiving('n')})
  and (t.to_state = 'assessing' or n.to_state <> 'assessing')`;

/**
 * Removes steps of the history that are older than `before`, one batch from `afterId` on; times in ms since 1970. The last step,
 * the last decision and the last transfer of each group stay, however old they are; so does what a notifier has not taken yet, with
 * what it looks back at.
 */
export async function pruneHistory(sql: Sql, before: number, afterId: number, now: number): Promise<PrunedBatch> {
  const rows = await sql.all(
    `select t.id, t.at, case when exists (select 1 from group_transitions n where n.group_id = t.group_id and n.id > t.id
        and ${passes} and n.id <= coalesce((select min(transition_id) from notifiers), n.id)) then 1 else 0 end as is_passed
      from group_transitions t where t.id > ? order by t.id limit ?`,
    [afterId, pageSize],
  );
  const timeOf = (row: Row): number => sql.dialect.readTime(row['at']) ?? before;
  const ids = rows
    .filter((row) => timeOf(row) < before && Number(row['is_passed']) === 1)
    .map((row) => Number(row['id']));
  if (ids.length > 0) {
    await sql.run(`delete from group_transitions where id in (${marks(ids)})`, ids);
  }
  // Steps are recorded about in the order of time: behind a page of young ones there are only young ones. Those that are to come
  // were recorded while the clock was ahead, and say nothing of what is behind them.
  const isOver = rows.length < pageSize || rows.every((row) => timeOf(row) >= before && timeOf(row) <= now);
  return { next: isOver ? null : Number(rows.at(-1)?.['id']), removed: ids.length };
}
