import { spanText } from '../audit/times.ts';
import type { WatchConfig } from '../config/types.ts';
import { counted } from '../core/counted.ts';
import { shellOption, shellWord } from '../core/paths.ts';
import { readStatus, type StatusReport, type WatchGroups, type WatchReport } from '../store/read/reports.ts';
import { isWholeRun, type Heartbeat } from '../store/service-store.ts';
import type { Sql } from '../store/database/sql.ts';
import type { ViewedProject } from './project.ts';

/** How a watch is doing, the worst first. */
const healthWords = ['lost', 'stale', 'failing', 'retrying', 'late', 'scanning', 'waiting', 'ok'] as const;

/** One of {@link healthWords}. */
export type HealthWord = (typeof healthWords)[number];

/** One watch, in one word. */
export interface WatchHealth {
  readonly name: string;
  readonly health: HealthWord;
  /** Null: there is nothing to say. */
  readonly reason: string | null;
  /** The command that helps, or shows more; null: none does. */
  readonly command: string | null;
  /** When its last file came, ms since 1970; null: none has, as far as is known. */
  readonly lastFileAt: number | null;
}

/** The report with the health of every configured watch, the worst first. */
export interface ProjectStatus extends StatusReport {
  readonly health: readonly WatchHealth[];
}

/**
 * Reads the status of a project at the moment `nowMs`.
 *
 * @param live - the watches as the service itself sees them now, which it may be unable to record; null: what is on record counts
 */
export async function readProjectStatus(
  sql: Sql,
  project: Pick<ViewedProject, 'config' | 'rules'>,
  nowMs: number,
  live: Heartbeat['watches'] | null = null,
): Promise<ProjectStatus> {
  const recorded = await readStatus(sql, nowMs);
  const report = live === null ? recorded : withLive(recorded, live);
  const { watches, service } = project.config;
  const health = watches.map((watch) => {
    const timeoutMs = project.rules?.sets[watch.rules]?.completeness?.timeoutMs ?? null;
    return watchHealth(report, watch, { timeoutMs, reconcileIntervalMs: service.reconcileIntervalMs });
  });
  return { ...report, health: health.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en')) };
}

function withLive(recorded: StatusReport, live: Heartbeat['watches']): StatusReport {
  const service = { ...recorded.service, running: true, stale: false, lastHeartbeat: recorded.at };
  return { ...recorded, service, watches: Object.entries(live).map(([name, watch]) => ({ name, ...watch })) };
}

function rank({ health }: WatchHealth): number {
  return healthWords.indexOf(health);
}

/** What a watch is held against. */
export interface Expected {
  /** How long its groups may wait for more files; null: for ever, or the rules are not known. */
  readonly timeoutMs: number | null;
  /** How long ago the last `run --once` or `reconcile delivery` may be where no service runs. */
  readonly reconcileIntervalMs: number;
}

/** What is said of a watch. */
type Finding = Pick<WatchHealth, 'health' | 'reason' | 'command'>;

/** The health of one watch: the first of these that is true of it. */
export function watchHealth(report: StatusReport, watch: WatchConfig, expected: Expected): WatchHealth {
  const seen = report.watches.find(({ name }) => name === watch.name);
  const finding =
    stale(report, expected) ??
    lost(seen, watch) ??
    failing(report, watch, seen) ??
    retrying(report, watch) ??
    late(report, watch, expected) ??
    scanning(seen) ??
    unheard(report) ??
    waiting(report, watch);
  const fine: Finding = { health: 'ok', reason: null, command: null };
  return { name: watch.name, lastFileAt: seen?.lastFileAt ?? null, ...(finding ?? fine) };
}

function lost(seen: WatchReport | undefined, watch: WatchConfig): Finding | null {
  if (seen?.health !== 'lost') return null;
  const reason = seen.reason ?? 'it cannot be read';
  // With the number of files, and what clears them.
  const dryRun = `carbonation reconcile delivery ${shellOption('--watch', watch.name)} --dry-run`;
  return { health: 'lost', reason, command: seen.isHeldBack ? dryRun : 'carbonation doctor' };
}

/** What a service that is gone had seen of a directory says nothing about now. */
function stale({ service, at }: StatusReport, { reconcileIntervalMs }: Expected): Finding | null {
  const { lastHeartbeat, instance, mode } = service;
  if (!service.stale) return null;
  // Whether it has ended, or hangs, and so keeps another one from its work.
  const command = instance === null ? 'carbonation run' : 'carbonation doctor';
  if (lastHeartbeat === null) return { health: 'stale', reason: 'the service has never run', command };
  const distance = Math.abs(at - lastHeartbeat);
  const ago = at < lastHeartbeat ? `on a clock that was ${span(distance)} ahead` : `${span(distance)} ago`;
  if (instance !== null) return { health: 'stale', reason: `the service's last heartbeat was ${ago}`, command };
  if (mode === 'run') return { health: 'stale', reason: `the service was stopped ${ago}`, command };
  // Somebody has it look from time to time.
  if (isWholeRun(mode) && distance <= reconcileIntervalMs) return null;
  return { health: 'stale', reason: `no service runs, and the last \`${mode}\` ended ${ago}`, command };
}

function failing(report: StatusReport, watch: WatchConfig, seen: WatchReport | undefined): Finding | null {
  const failed = countOf(report, watch.name, 'failed');
  const missing = countOf(report, watch.name, 'missing');
  const refused = countOf(report, watch.name, 'integrity_failed');
  const retry = `carbonation retry ${shellOption('--watch-name', watch.name)}`;
  // What has failed shows with its reasons there, and goes on without the last word; other files must be delivered anew.
  const found = [
    failed > 0 ? { reason: `${counted(failed, 'group')} failed`, command: `${retry} --status failed --dry-run` } : null,
    missing > 0
      ? { reason: `${counted(missing, 'group')} missing copies in the archive`, command: list(watch, 'missing') }
      : null,
    refused > 0
      ? {
          reason: `${counted(refused, 'group')} with files that failed the integrity checks`,
          command: `${retry} --status integrity_failed --dry-run`,
        }
      : null,
    ungrouped(seen),
    stuck(seen),
  ].filter((one) => one !== null);
  const [first] = found;
  if (first === undefined) return null;
  return { health: 'failing', reason: found.map(({ reason }) => reason).join('; '), command: first.command };
}

function stuck(seen: WatchReport | undefined) {
  if (seen === undefined || seen.stuck === null) return null;
  const { groups: count, groupKey, reason } = seen.stuck;
  return {
    reason: `${counted(count, 'group')} cannot go on, as ${groupKey}: ${reason}`,
    command: 'carbonation doctor',
  };
}

function ungrouped(seen: WatchReport | undefined) {
  if (seen === undefined || seen.ungrouped === null) return null;
  const { files, path, reason } = seen.ungrouped;
  return {
    reason: `${files === 1 ? '1 file' : `${files} files`} in no group: ${reason}`,
    command: `carbonation reconcile delivery ${shellWord(path)}`,
  };
}

function retrying(report: StatusReport, watch: WatchConfig): Finding | null {
  const count = countOf(report, watch.name, 'retry_pending');
  if (count === 0) return null;
  return {
    health: 'retrying',
    reason: `${counted(count, 'group')} to be tried again`,
    command: list(watch, 'retry_pending'),
  };
}

function late(report: StatusReport, watch: WatchConfig, { timeoutMs }: Expected): Finding | null {
  const waitedMs = longestWaitMs(report, watch.name);
  if (timeoutMs !== null && waitedMs > timeoutMs) {
    const count = counted(countOf(report, watch.name, 'waiting'), 'group');
    const reason = `${count} waiting, the oldest for ${span(waitedMs)}; ${span(timeoutMs)} is allowed`;
    return { health: 'late', reason, command: list(watch, 'waiting') };
  }
  const given = countOf(report, watch.name, 'timed_out');
  if (given === 0) return null;
  return {
    health: 'late',
    reason: `${counted(given, 'group')} given up as incomplete`,
    command: list(watch, 'timed_out'),
  };
}

function scanning(seen: WatchReport | undefined): Finding | null {
  if (seen?.health !== 'scanning' || seen.reason === null) return null;
  return { health: 'scanning', reason: `files are found later: ${seen.reason}`, command: 'carbonation doctor' };
}

/** A heartbeat that is overdue, long before the service counts as gone: what keeps it from the database keeps groups from it, too. */
function unheard({ service, at }: StatusReport): Finding | null {
  const { instance, lastHeartbeat, heartbeatMs } = service;
  if (instance === null || lastHeartbeat === null || at - lastHeartbeat <= 2 * heartbeatMs) return null;
  const reason = `the service's last heartbeat was ${span(at - lastHeartbeat)} ago: it hangs, or the database cannot be written`;
  return { health: 'scanning', reason, command: 'carbonation doctor' };
}

function waiting(report: StatusReport, watch: WatchConfig): Finding | null {
  const count = countOf(report, watch.name, 'waiting');
  if (count === 0) return null;
  return {
    health: 'waiting',
    reason: `${counted(count, 'group')} waiting for more files`,
    command: list(watch, 'waiting'),
  };
}

function groupsOf({ watchGroups }: StatusReport, watchName: string, state: string): WatchGroups | undefined {
  return watchGroups.find((one) => one.watchName === watchName && one.state === state);
}

/** How many groups of a watch are in a state; of `integrity_failed` also those that wait with a file that failed its checks. */
export function countOf(report: StatusReport, watchName: string, state: string): number {
  const refused = state === 'integrity_failed' ? (report.refusedGroups[watchName] ?? 0) : 0;
  return (groupsOf(report, watchName, state)?.count ?? 0) + refused;
}

/** For how long the oldest waiting group of a watch has been waiting, in ms; 0: there is none. */
export function longestWaitMs(report: StatusReport, watchName: string): number {
  return report.at - (groupsOf(report, watchName, 'waiting')?.oldestAt ?? report.at);
}

function list(watch: WatchConfig, state: string): string {
  return `carbonation query files ${shellOption('--watch-name', watch.name)} --state ${state} --columns group_key,created_at,reason`;
}

function span(ms: number): string {
  const minutes = Math.max(0, ms) / 60_000;
  if (minutes < 1.5) return `${Math.round(minutes * 60)} s`;
  return minutes < 90 ? `${Math.round(minutes)} min` : spanText(ms);
}
