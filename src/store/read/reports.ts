import { openStates, type ComponentStatus } from '../../../machines/file-group/status.ts';
import { jsonOf, textOf } from '../database/cells.ts';
import { oldestGroup } from './oldest.ts';
import type { Row, Sql } from '../database/sql.ts';
import { componentTotals, groupTotals, type ComponentTotal, type GroupTotal } from '../commit/totals.ts';
import type { UngroupedReport, StuckReport } from '../types.ts';

/** The time spans that components are counted in, in ms; the last one is everything. */
const statusWindows = {
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
  total: null,
} as const satisfies Record<string, number | null>;

/** One of {@link statusWindows}. */
export type StatusWindow = keyof typeof statusWindows;

/** How many files there are somewhere, and their bytes together. */
export interface Total {
  readonly count: number;
  readonly bytes: number;
}

/** The service, as its last heartbeat left it. */
export interface ServiceReport {
  /** A process has the database and its heartbeat is recent. */
  readonly running: boolean;
  /** No process has it, or its last heartbeat is older than 5 heartbeat intervals. */
  readonly stale: boolean;
  /** ms since 1970. */
  readonly startedAt: number | null;
  /** ms since 1970. */
  readonly lastHeartbeat: number | null;
  /** How often it is recorded. */
  readonly heartbeatMs: number;
  /** Random id of the process; null when it has stopped in good order, or none has ever run. */
  readonly instance: string | null;
  readonly host: string | null;
  readonly pid: number | null;
  readonly mode: string | null;
  readonly rulesVersion: string | null;
  readonly queueDepth: number;
  readonly workersActive: number;
}

/** The health of one watch directory, as the service last saw it. */
export interface WatchReport {
  readonly name: string;
  readonly health: string;
  readonly reason: string | null;
  /** It is there, but its files are not believed to be gone: nothing is cleared. */
  readonly isHeldBack: boolean;
  readonly lastFileAt: number | null;
  readonly ungrouped: UngroupedReport | null;
  readonly stuck: StuckReport | null;
}

/** A group that the service still expects to finish. */
export interface IncompleteGroup {
  readonly watchName: string;
  readonly groupKey: string;
  readonly state: string;
  /** When the first component of its present revision was recorded. */
  readonly since: number | null;
  readonly reason: string | null;
}

/** The groups of one watch in one state. */
export interface WatchGroups {
  readonly watchName: string;
  readonly state: string;
  readonly count: number;
  /** When the first component of the oldest was recorded, of its present revision. */
  readonly oldestAt: number | null;
}

/** What `carbonation status` shows; times in ms since 1970. */
export interface StatusReport {
  readonly at: number;
  readonly service: ServiceReport;
  readonly components: Readonly<Record<ComponentStatus, Readonly<Record<StatusWindow, number>>>>;
  /** Groups by state; states without a group are absent. */
  readonly groups: Readonly<Record<string, number>>;
  readonly watchGroups: readonly WatchGroups[];
  /** By watch: groups that wait, and of which a file has failed its integrity checks. */
  readonly refusedGroups: Readonly<Record<string, number>>;
  readonly delivery: Total;
  readonly archive: Total;
  /** Groups that wait for another try. */
  readonly retryQueue: number;
  readonly oldestIncomplete: IncompleteGroup | null;
  /** Archived groups that no extractor has described. */
  readonly withoutMetadata: number;
  readonly watches: readonly WatchReport[];
  /** When a file was last recorded. */
  readonly lastFileAt: number | null;
}

const defaultHeartbeatMs = 60_000;

/**
 * Reads the whole report, at the moment `nowMs`. Totals are kept, not counted; what lies in a span of time is counted in an
 * index, and no row of a table is looked at.
 */
export async function readStatus(sql: Sql, nowMs: number): Promise<StatusReport> {
  const totals = await componentTotals(sql);
  const statuses = [...new Set(totals.map(({ status }) => status))];
  const groups = await groupTotals(sql);
  const watchGroups = await groupCounts(sql, groups);
  const [service] = await sql.all('select * from service_state where id = 1');
  const byState: Record<string, number> = {};
  for (const { state, count } of watchGroups) byState[state] = (byState[state] ?? 0) + count;
  return {
    at: nowMs,
    service: serviceReport(sql, service ?? {}, nowMs),
    components: componentCounts(totals, await recentCounts(sql, statuses, nowMs)),
    groups: byState,
    watchGroups,
    refusedGroups: statuses.includes('integrity_failed') ? await refusedGroups(sql) : {},
    delivery: totalOf(totals.filter(({ inDelivery }) => inDelivery)),
    archive: totalOf(totals.filter(({ inArchive }) => inArchive)),
    retryQueue: byState['retry_pending'] ?? 0,
    oldestIncomplete: await oldestIncomplete(sql, watchGroups),
    withoutMetadata: groups.reduce((sum, { bare, total }) => sum + (bare ? total : 0), 0),
    watches: watchReports(service?.['watches']),
    lastFileAt: await newestFile(sql, statuses),
  };
}

function totalOf(totals: readonly ComponentTotal[]): Total {
  return totals.reduce((all, { total, bytes }) => ({ count: all.count + total, bytes: all.bytes + bytes }), {
    count: 0,
    bytes: 0,
  });
}

/** Such files are few: they are what is looked for first. */
async function refusedGroups(sql: Sql): Promise<StatusReport['refusedGroups']> {
  const rows = await sql.all(
    `select f.watch_name, count(*) as n from files f where f.state = 'waiting' and f.id in
      (select c.group_id from file_components c where c.status = 'integrity_failed') group by f.watch_name`,
  );
  return Object.fromEntries(rows.map((row) => [String(row['watch_name']), numberOf(row['n'])]));
}

const spans = Object.values(statusWindows).flatMap((span) => (span === null ? [] : [span]));

/** By status: how many components fall between one span and the next, each counted once. */
async function recentCounts(
  sql: Sql,
  statuses: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const counts = new Map(statuses.map((status) => [status, spans.map(() => 0)]));
  if (statuses.length === 0) return counts;
  const params: unknown[] = [];
  const branches = statuses.flatMap((status, place) =>
    momentsOf(status).flatMap(({ moment, where }) =>
      spans.map((span, i) => {
        const newer = spans[i - 1];
        params.push(status, sql.dialect.time(nowMs - span));
        if (newer !== undefined) params.push(sql.dialect.time(nowMs - newer));
        const until = newer === undefined ? '' : ` and ${moment} < ?`;
        return `select ${place} as status, ${i} as span, count(*) as n from file_components where status = ?${where} and ${moment} >= ?${until}`;
      }),
    ),
  );
  for (const row of await sql.all(branches.join(' union all '), params)) {
    const ofStatus = counts.get(statuses[numberOf(row['status'])] ?? '');
    const span = numberOf(row['span']);
    if (ofStatus !== undefined) ofStatus[span] = (ofStatus[span] ?? 0) + numberOf(row['n']);
  }
  return counts;
}

/** Archived files count by when they were archived, where that is on record; all others by when they were detected. */
function momentsOf(status: string): readonly { readonly moment: string; readonly where: string }[] {
  if (status !== 'archived') return [{ moment: 'detected_at', where: '' }];
  return [
    { moment: 'archived_at', where: '' },
    { moment: 'detected_at', where: ' and archived_at is null' },
  ];
}

async function newestFile(sql: Sql, statuses: readonly string[]): Promise<number | null> {
  if (statuses.length === 0) return null;
  const rows = await sql.all(
    // The range has SQLite take the index of this column; it would read all of another one.
    statuses
      .map(() => 'select max(detected_at) as newest from file_components where status = ? and detected_at > ?')
      .join(' union all '),
    statuses.flatMap((status) => [status, sql.dialect.time(0)]),
  );
  const times = rows.map((row) => sql.dialect.readTime(row['newest'])).filter((time) => time !== null);
  return times.length === 0 ? null : Math.max(...times);
}

/**
 * The kept totals by state and watch, with the oldest group of each, which is the first of its part of an index unless it has
 * been delivered again.
 */
async function groupCounts(sql: Sql, totals: readonly GroupTotal[]): Promise<readonly WatchGroups[]> {
  const rows = await sql.all(
    `select t.watch_name, t.state, f.created_at, f.revision from (
      select w.watch_name, w.state, (select g.id from files g where g.state = w.state and g.watch_name = w.watch_name
        order by g.created_at, g.id limit 1) as oldest
      from (select distinct watch_name, state from group_totals where total <> 0) w) t left join files f on f.id = t.oldest`,
  );
  const counts: WatchGroups[] = [];
  for (const row of rows) {
    const [watchName, state] = [String(row['watch_name']), String(row['state'])];
    const alike = totals.filter((one) => one.watchName === watchName && one.state === state);
    const isRenewed = numberOf(row['revision']) > 1 && openStates.has(state);
    const oldest = isRenewed ? await oldestGroup(sql, watchName, state) : null;
    counts.push({
      watchName,
      state,
      count: alike.reduce((sum, { total }) => sum + total, 0),
      oldestAt: oldest === null ? sql.dialect.readTime(row['created_at']) : oldest.since,
    });
  }
  return counts;
}

function componentCounts(
  totals: readonly ComponentTotal[],
  recent: ReadonlyMap<string, readonly number[]>,
): StatusReport['components'] {
  const counts = (status: ComponentStatus): Readonly<Record<StatusWindow, number>> => {
    const [h1 = 0, h4 = 0, d1 = 0, d7 = 0, d30 = 0] = recent.get(status) ?? [];
    const total = totalOf(totals.filter((one) => one.status === status)).count;
    const [to4h, to1d, to7d] = [h1 + h4, h1 + h4 + d1, h1 + h4 + d1 + d7];
    return { '1h': h1, '4h': to4h, '1d': to1d, '7d': to7d, '30d': to7d + d30, total };
  };
  return {
    detected: counts('detected'),
    integrity_failed: counts('integrity_failed'),
    waiting: counts('waiting'),
    timed_out: counts('timed_out'),
    not_selected: counts('not_selected'),
    archived: counts('archived'),
    retry_pending: counts('retry_pending'),
    failed: counts('failed'),
    cleared: counts('cleared'),
    missing: counts('missing'),
  };
}

function serviceReport(sql: Sql, row: Row, nowMs: number): ServiceReport {
  const instance = textOf(row['instance']);
  const lastHeartbeat = sql.dialect.readTime(row['last_heartbeat']);
  const heartbeatMs = numberOf(row['heartbeat_ms']) || defaultHeartbeatMs;
  // One that is to come was of a clock that has been set back since: it says as little of now as one of long ago.
  const stale = instance === null || lastHeartbeat === null || Math.abs(nowMs - lastHeartbeat) > 5 * heartbeatMs;
  return {
    running: !stale,
    stale,
    startedAt: sql.dialect.readTime(row['started_at']),
    lastHeartbeat,
    heartbeatMs,
    instance,
    host: textOf(row['host']),
    pid: typeof row['pid'] === 'number' ? row['pid'] : null,
    mode: textOf(row['mode']),
    rulesVersion: textOf(row['rules_version']),
    queueDepth: numberOf(row['queue_depth']),
    workersActive: numberOf(row['workers_active']),
  };
}

/** Of the states in which something is still expected. */
async function oldestIncomplete(sql: Sql, groups: readonly WatchGroups[]): Promise<IncompleteGroup | null> {
  const open = groups.filter(({ state }) => openStates.has(state));
  const [first] = open.toSorted((a, b) => (a.oldestAt ?? 0) - (b.oldestAt ?? 0));
  const oldest = first === undefined ? null : await oldestGroup(sql, first.watchName, first.state);
  if (first === undefined || oldest === null) return null;
  return { watchName: first.watchName, state: first.state, ...oldest };
}

/** `service_state.watches`. */
export function watchReports(stored: unknown): readonly WatchReport[] {
  const watches = jsonOf(stored);
  if (typeof watches !== 'object' || watches === null) return [];
  return Object.entries(watches).map(([name, watch]: [string, Partial<Record<string, unknown>> | null]) => ({
    name,
    health: textOf(watch?.['health']) ?? 'unknown',
    reason: textOf(watch?.['reason']),
    isHeldBack: watch?.['isHeldBack'] === true,
    lastFileAt: typeof watch?.['lastFileAt'] === 'number' ? watch['lastFileAt'] : null,
    ungrouped: ungroupedReport(watch?.['ungrouped']),
    stuck: stuckReport(watch?.['stuck']),
  }));
}

/** A version of the program that did not know of it recorded none. */
function ungroupedReport(stored: unknown): UngroupedReport | null {
  if (typeof stored !== 'object' || stored === null) return null;
  const { files, path, reason }: Partial<Record<keyof UngroupedReport, unknown>> = stored;
  return { files: numberOf(files), path: textOf(path) ?? '', reason: textOf(reason) ?? '' };
}

function stuckReport(stored: unknown): StuckReport | null {
  if (typeof stored !== 'object' || stored === null) return null;
  const { groups, groupKey, reason }: Partial<Record<keyof StuckReport, unknown>> = stored;
  return { groups: numberOf(groups), groupKey: textOf(groupKey) ?? '', reason: textOf(reason) ?? '' };
}

/** Counts come as numbers, bigints or texts, sums of nothing as null. */
function numberOf(value: unknown): number {
  return Number(value ?? 0);
}
