import type { ComponentStatus } from '../../machines/file-group/status.ts';
import type { Row, Sql } from './sql.ts';

/** The time spans that components are counted in, in ms; the last one is everything. */
export const statusWindows = {
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
  readonly startedAt: number | null;
  readonly lastHeartbeat: number | null;
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
  readonly lastFileAt: number | null;
}

/** A group that the service still expects to finish. */
export interface IncompleteGroup {
  readonly watchName: string;
  readonly groupKey: string;
  readonly state: string;
  /** When its first component was recorded. */
  readonly since: number | null;
  readonly reason: string | null;
}

/** What `carbonation status` shows; times in ms since 1970. */
export interface StatusReport {
  readonly at: number;
  readonly service: ServiceReport;
  readonly components: Readonly<Record<ComponentStatus, Readonly<Record<StatusWindow, number>>>>;
  /** Groups by state; states without a group are absent. */
  readonly groups: Readonly<Record<string, number>>;
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

/** States in which nothing more is expected to happen by itself. */
const settledStates = ['archived', 'missing', 'cleared', 'not_selected', 'failed', 'timed_out'];

const defaultHeartbeatMs = 60_000;

/** Reads the whole report, at the moment `nowMs`. Two passes over the tables, whatever their size. */
export async function readStatus(sql: Sql, nowMs: number): Promise<StatusReport> {
  const components = await componentRows(sql, nowMs);
  const groups = await sql.all(
    'select state, count(*) as n, sum(case when complete and metadata is null then 1 else 0 end) as bare from files group by state',
  );
  const [service] = await sql.all('select * from service_state where id = 1');
  const sum = (rows: readonly Row[], name: string): number => rows.reduce((all, row) => all + numberOf(row[name]), 0);
  const newest = components.map((row) => sql.dialect.readTime(row['newest'])).filter((time) => time !== null);
  const byState = Object.fromEntries(groups.map((row) => [String(row['state']), numberOf(row['n'])]));
  return {
    at: nowMs,
    service: serviceReport(sql, service ?? {}, nowMs),
    components: componentCounts(components),
    groups: byState,
    delivery: { count: sum(components, 'delivered'), bytes: sum(components, 'delivered_bytes') },
    archive: { count: sum(components, 'kept'), bytes: sum(components, 'kept_bytes') },
    retryQueue: byState['retry_pending'] ?? 0,
    oldestIncomplete: await oldestIncomplete(sql),
    withoutMetadata: sum(groups, 'bare'),
    watches: watchReports(service?.['watches']),
    lastFileAt: newest.length === 0 ? null : Math.max(...newest),
  };
}

const windows = Object.entries(statusWindows);

/** One row a status: counts by window, what of it is where, and the newest. */
function componentRows(sql: Sql, nowMs: number): Promise<readonly Row[]> {
  const spans = windows.flatMap(([, span]) => (span === null ? [] : [span]));
  const counts = spans.map((_, i) => `sum(case when moment >= ? then 1 else 0 end) as w${i}`).join(', ');
  return sql.all(
    `select status, ${counts}, count(*) as w${spans.length}, max(detected_at) as newest,
      sum(case when in_delivery then 1 else 0 end) as delivered,
      sum(case when in_delivery then size_bytes else 0 end) as delivered_bytes,
      sum(case when in_archive then 1 else 0 end) as kept,
      sum(case when in_archive then size_bytes else 0 end) as kept_bytes
      from (select status, detected_at, in_delivery, in_archive, size_bytes,
        case when status = 'archived' then coalesce(archived_at, detected_at) else detected_at end as moment
        from file_components) c
      group by status`,
    spans.map((span) => sql.dialect.time(nowMs - span)),
  );
}

function componentCounts(rows: readonly Row[]): StatusReport['components'] {
  const counts = (status: ComponentStatus): Readonly<Record<StatusWindow, number>> => {
    const row = rows.find((one) => one['status'] === status);
    const [h1 = 0, h4 = 0, d1 = 0, d7 = 0, d30 = 0, total = 0] = windows.map((_, i) => numberOf(row?.[`w${i}`]));
    return { '1h': h1, '4h': h4, '1d': d1, '7d': d7, '30d': d30, total };
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
  const stale = instance === null || lastHeartbeat === null || nowMs - lastHeartbeat > 5 * heartbeatMs;
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

async function oldestIncomplete(sql: Sql): Promise<IncompleteGroup | null> {
  const settled = settledStates.map((state) => `'${state}'`).join(', ');
  const [row] = await sql.all(
    `select watch_name, group_key, state, created_at, reason from files
      where not complete and state not in (${settled}) order by created_at, id limit 1`,
  );
  if (row === undefined) return null;
  return {
    watchName: String(row['watch_name']),
    groupKey: String(row['group_key']),
    state: String(row['state']),
    since: sql.dialect.readTime(row['created_at']),
    reason: textOf(row['reason']),
  };
}

/** `service_state.watches`; some drivers return JSON as text. */
function watchReports(stored: unknown): readonly WatchReport[] {
  const watches: unknown = typeof stored === 'string' ? JSON.parse(stored) : stored;
  if (typeof watches !== 'object' || watches === null) return [];
  return Object.entries(watches).map(([name, watch]: [string, Partial<Record<string, unknown>> | null]) => ({
    name,
    health: textOf(watch?.['health']) ?? 'unknown',
    reason: textOf(watch?.['reason']),
    lastFileAt: typeof watch?.['lastFileAt'] === 'number' ? watch['lastFileAt'] : null,
  }));
}

/** Counts come as numbers, bigints or texts, sums of nothing as null. */
function numberOf(value: unknown): number {
  return Number(value ?? 0);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
