import { retryStates } from '../api/actions.ts';
import { countOf, longestWaitMs, type ProjectStatus } from '../api/health.ts';
import { coreColumn } from '../api/query.ts';
import type { WatchConfig } from '../config/types.ts';
import { shellOption } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import type { Rules } from '../rules/types.ts';
import type { Condition, PageMark, QueryRow } from '../store/read/query.ts';
import { filePage } from '../store/read/query.ts';
import type { Sql } from '../store/database/sql.ts';
import { readMark, writeMark } from './marks.ts';
import type { Attention, AttentionSection, GroupLine } from './protocol.ts';

/** Groups shown of each section at first, and with each "more". */
const pageSize = 20;

/** Why groups need a person, the worst first; `late` are those that wait for longer than the rules allow. */
const causes: Readonly<Record<string, { readonly meaning: string; readonly advice: string }>> = {
  failed: {
    meaning: 'Given up: nothing more is tried until a file changes or somebody asks.',
    advice: 'Remove the cause, then retry.',
  },
  missing: {
    meaning: 'Was archived, and a copy is no longer in the archive as it was.',
    advice:
      'Bring the copy back, then run `carbonation reconcile archive`; with `--write-off` if it will not come back.',
  },
  integrity_failed: {
    meaning: 'A file did not pass the checks.',
    advice: 'Deliver the file again: it is checked again when it changes.',
  },
  timed_out: {
    meaning: 'Incomplete for longer than the rules allow.',
    advice: 'Deliver the missing files: a late one revives the group.',
  },
  late: {
    meaning: 'Still waiting, for longer than the rules allow.',
    advice: 'Deliver the missing files.',
  },
};

/** States, in snake case, that a person should look at. */
export const attentionStates: ReadonlySet<string> = new Set(Object.keys(causes).filter((cause) => cause !== 'late'));

/** What the view is read from. */
export interface AttentionSource {
  readonly sql: Sql;
  readonly status: ProjectStatus;
  readonly watches: readonly WatchConfig[];
  readonly rules: Rules;
}

const lineColumns = [
  'id',
  'watch_name',
  'group_key',
  'state',
  'state_since',
  'created_at',
  'due_at',
  'attempt',
  'reason',
].map(coreColumn);

/** The first groups of every section; how many there are is known without counting. */
export async function attention(source: AttentionSource): Promise<Attention> {
  const { status, watches, rules } = source;
  const sections: AttentionSection[] = [];
  for (const cause of Object.keys(causes)) {
    for (const watch of watches) {
      const count = cause === 'late' ? null : countOf(status, watch.name, cause);
      const isLate = cause === 'late' && isOverdue(status, watch, rules);
      if (count === 0 || (count === null && !isLate)) continue;
      const section = await attentionSection(source, cause, watch.name, null);
      if (section.groups.length > 0) sections.push(section);
    }
  }
  return { at: status.at, sections };
}

/**
 * One page of a section, the oldest groups first.
 *
 * @param after - what the page before gave as `next`
 * @throws CarbonationError USAGE for an unknown cause or watch
 */
export async function attentionSection(
  { sql, status, watches, rules }: AttentionSource,
  cause: string,
  watchName: string,
  after: string | null,
): Promise<AttentionSection> {
  const words = Object.hasOwn(causes, cause) ? causes[cause] : undefined;
  const watch = watches.find(({ name }) => name === watchName);
  if (words === undefined || watch === undefined) {
    throw new CarbonationError('USAGE', `there is no section "${cause}" of a watch "${watchName}"`);
  }
  const conditions: Condition[] = [equals('watch_name', watchName)];
  const kinds: Condition[] = [equals('state', cause === 'late' ? 'waiting' : cause)];
  if (cause === 'integrity_failed' && (status.refusedGroups[watchName] ?? 0) > 0) kinds.push({ kind: 'refused' });
  if (cause === 'late') {
    const value = status.at - (allowedOf(watch, rules) ?? 0);
    conditions.push({ kind: 'max', column: coreColumn('created_at'), value });
    // One that was delivered again began later than it; how long it has been waiting says that it is not new at least.
    const isOfFirst: Condition = { kind: 'max', column: coreColumn('revision'), value: 1 };
    conditions.push({ kind: 'either', of: [isOfFirst, { kind: 'max', column: coreColumn('state_since'), value }] });
  }
  const mark = after === null ? null : readMark(after, coreColumn('created_at'));
  const { groups, next } = await oldestOf(
    sql,
    kinds.map((kind) => [kind, ...conditions]),
    mark,
  );
  const canRetry = cause !== 'late' && retryStates.has(cause);
  return {
    cause,
    watchName,
    ...words,
    count: cause === 'late' ? null : countOf(status, watchName, cause),
    actions: canRetry ? ['retry'] : [],
    command: canRetry ? `carbonation retry ${shellOption('--watch-name', watchName)} --status ${cause}` : null,
    groups,
    next: next === null ? null : writeMark(next),
  };
}

/**
 * A page of the groups that meet one of these lists of conditions, the oldest first. Each list has an index that has its groups in
 * their order; for all of them at once databases would walk through all groups by their age.
 */
async function oldestOf(
  sql: Sql,
  kinds: readonly (readonly Condition[])[],
  after: PageMark | null,
): Promise<{ readonly groups: readonly GroupLine[]; readonly next: PageMark | null }> {
  const query = { columns: lineColumns, orderBy: coreColumn('created_at'), descending: false, limit: pageSize };
  const pages = await Promise.all(kinds.map((conditions) => filePage(sql, { ...query, conditions }, after)));
  // A group may have gone from one to the other meanwhile.
  const found = new Map(pages.flatMap(({ rows }) => rows.map((row) => groupLine(row))).map((line) => [line.id, line]));
  const lines = [...found.values()].toSorted((a, b) => a.createdAt - b.createdAt || a.id - b.id);
  const groups = lines.slice(0, pageSize);
  const last = groups.at(-1);
  const isAll = lines.length <= pageSize && pages.every(({ next }) => next === null);
  return { groups, next: isAll || last === undefined ? null : { id: last.id, value: last.createdAt } };
}

function equals(name: string, value: string): Condition {
  return { kind: 'any', column: coreColumn(name), values: [value], patterns: [], orNull: false };
}

function allowedOf(watch: WatchConfig, rules: Rules): number | null {
  return rules.sets[watch.rules]?.completeness?.timeoutMs ?? null;
}

function isOverdue(status: ProjectStatus, watch: WatchConfig, rules: Rules): boolean {
  const allowedMs = allowedOf(watch, rules);
  return allowedMs !== null && longestWaitMs(status, watch.name) > allowedMs;
}

function groupLine(row: QueryRow): GroupLine {
  const moment = (name: string): number | null => {
    const value = row[name];
    return value instanceof Date ? value.getTime() : null;
  };
  return {
    id: Number(row['id']),
    watchName: String(row['watch_name']),
    groupKey: String(row['group_key']),
    state: String(row['state']),
    stateSince: moment('state_since') ?? 0,
    createdAt: moment('created_at') ?? 0,
    dueAt: moment('due_at'),
    attempt: Number(row['attempt']),
    reason: typeof row['reason'] === 'string' ? row['reason'] : null,
  };
}
