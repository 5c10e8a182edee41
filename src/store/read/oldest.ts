import { contextIn } from '../../../machines/file-group/snapshot.ts';
import { jsonOf, textOf } from '../database/cells.ts';
import type { Row, Sql } from '../database/sql.ts';

/** A group that has been open for long. */
export interface OldGroup {
  readonly groupKey: string;
  readonly reason: string | null;
  /** When the first file of its present revision came, ms since 1970. */
  readonly since: number | null;
}

/** Groups of former revisions that may have begun before the oldest one without such; more are not looked at. */
const mostRenewed = 100;

/**
 * The oldest group of a watch in a state, found by its place in the index; null: there is none. One that was delivered again is
 * as old as its present revision, which its snapshot knows.
 */
export async function oldestGroup(sql: Sql, watchName: string, state: string): Promise<OldGroup | null> {
  const rows = await sql.all(
    `select f.group_key, f.reason, f.created_at, case when f.revision > 1 then s.snapshot end as snapshot
      from files f left join actor_snapshots s on s.group_id = f.id
      where f.state = ? and f.watch_name = ? order by f.created_at, f.id limit ?`,
    [state, watchName, mostRenewed],
  );
  const firsts = rows.findIndex((row) => row['snapshot'] === null);
  // Those behind one of a first revision began later than it.
  const candidates =
    firsts >= 0 ? rows.slice(0, firsts + 1) : [...rows, ...(await oldestOfFirst(sql, watchName, state))];
  const groups = candidates.map((row) => oldGroup(sql, row)).toSorted((a, b) => (a.since ?? 0) - (b.since ?? 0));
  return groups[0] ?? null;
}

/** Of the groups that have not been delivered again. */
function oldestOfFirst(sql: Sql, watchName: string, state: string): Promise<readonly Row[]> {
  return sql.all(
    `select group_key, reason, created_at, null as snapshot from files
      where state = ? and watch_name = ? and revision = 1 order by created_at, id limit 1`,
    [state, watchName],
  );
}

function oldGroup(sql: Sql, row: Row): OldGroup {
  return {
    groupKey: String(row['group_key']),
    reason: textOf(row['reason']),
    since: firstSeenAt(row['snapshot']) ?? sql.dialect.readTime(row['created_at']),
  };
}

function firstSeenAt(stored: unknown): number | null {
  const since = contextIn(jsonOf(stored))?.['firstSeenAt'];
  return typeof since === 'number' ? since : null;
}
