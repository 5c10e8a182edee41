import type { WatchConfig } from '../config/types.ts';
import { shellWord } from '../core/paths.ts';
import type { RuleSet } from '../rules/types.ts';
import { readStatus, type StatusReport, type WatchGroups } from '../store/reports.ts';
import type { Sql } from '../store/sql.ts';
import type { Project } from './project.ts';

/** How a watch is doing, the worst first. */
export const healthWords = ['lost', 'stale', 'failing', 'retrying', 'late', 'scanning', 'waiting', 'ok'] as const;

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
  /** When its last file came in this run of the service, ms since 1970. */
  readonly lastFileAt: number | null;
}

/** The report with the health of every configured watch, the worst first. */
export interface ProjectStatus extends StatusReport {
  readonly health: readonly WatchHealth[];
}

/** Reads the status of a project at the moment `nowMs`. */
export async function readProjectStatus(
  sql: Sql,
  project: Pick<Project, 'config' | 'rules'>,
  nowMs: number,
): Promise<ProjectStatus> {
  const report = await readStatus(sql, nowMs);
  const health = project.config.watches.map((watch) => watchHealth(report, watch, project.rules.sets[watch.rules]));
  return { ...report, health: health.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en')) };
}

function rank({ health }: WatchHealth): number {
  return healthWords.indexOf(health);
}

/** The health of one watch: the first of these that is true of it. */
export function watchHealth(report: StatusReport, watch: WatchConfig, ruleSet: RuleSet | undefined): WatchHealth {
  const seen = report.watches.find(({ name }) => name === watch.name);
  const base = { name: watch.name, lastFileAt: seen?.lastFileAt ?? null };
  const list = (state: string): string =>
    `carbonation query files --watch-name ${shellWord(watch.name)} --state ${state} --columns group_key,created_at,reason`;
  // What a service that is gone had seen of the directory says nothing about now.
  if (seen?.health === 'lost' && !report.service.stale) {
    return {
      ...base,
      health: 'lost',
      reason: seen.reason ?? 'it cannot be read',
      command: `ls -ld ${shellWord(watch.path)}`,
    };
  }
  if (report.service.stale)
    return { ...base, health: 'stale', reason: staleReason(report), command: 'carbonation run' };
  const ofState = (state: string): WatchGroups | undefined =>
    report.watchGroups.find((one) => one.watchName === watch.name && one.state === state);
  for (const state of ['failed', 'integrity_failed'] as const) {
    const failed = ofState(state);
    if (failed === undefined) continue;
    const reason = `${groups(failed.count)} ${state === 'failed' ? 'failed' : 'failed the integrity checks'}`;
    // What has failed shows with its reasons there, and goes on without the last word; other files must be delivered anew.
    const retry = `carbonation retry --watch-name ${shellWord(watch.name)} --dry-run`;
    return { ...base, health: 'failing', reason, command: state === 'failed' ? retry : list(state) };
  }
  const retrying = ofState('retry_pending');
  if (retrying !== undefined) {
    const reason = `${groups(retrying.count)} to be tried again`;
    return { ...base, health: 'retrying', reason, command: list('retry_pending') };
  }
  const waiting = ofState('waiting');
  const scanned: WatchHealth | null =
    seen?.health === 'scanning' && seen.reason !== null
      ? {
          ...base,
          health: 'scanning',
          reason: `scanned, events are missing: ${seen.reason}`,
          command: 'sysctl fs.inotify',
        }
      : null;
  if (waiting === undefined) return scanned ?? { ...base, health: 'ok', reason: null, command: null };
  const allowedMs = ruleSet?.completeness?.timeoutMs ?? null;
  const waitedMs = report.at - (waiting.oldestAt ?? report.at);
  if (allowedMs !== null && waitedMs > allowedMs) {
    const reason = `${groups(waiting.count)} waiting, the oldest for ${span(waitedMs)}; ${span(allowedMs)} is allowed`;
    return { ...base, health: 'late', reason, command: list('waiting') };
  }
  const reason = `${groups(waiting.count)} waiting for more files`;
  return scanned ?? { ...base, health: 'waiting', reason, command: list('waiting') };
}

function staleReason({ service, at }: StatusReport): string {
  if (service.lastHeartbeat === null) return 'the service has never run';
  const ago = `${span(at - service.lastHeartbeat)} ago`;
  return service.instance === null ? `the service was stopped ${ago}` : `the service's last heartbeat was ${ago}`;
}

function groups(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'group' : 'groups'}`;
}

function span(ms: number): string {
  const minutes = Math.max(0, ms) / 60_000;
  if (minutes < 1.5) return `${Math.round(minutes * 60)} s`;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  return minutes < 2160 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}
