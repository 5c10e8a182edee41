import { distanceText, nearText } from '../audit/times.ts';
import { printable } from '../core/printable.ts';
import type { HealthWord, ProjectStatus, WatchHealth } from '../api/health.ts';
import type { StatusReport, StatusWindow, Total } from '../store/read/reports.ts';
import { counted, table, withMoments, type Paint } from './print.ts';
import { fits } from './screen.ts';

/** The report for programs. */
export function statusJson(report: ProjectStatus): unknown {
  // Its keys are names of watches, be one `at`.
  return { ...withMoments(report), refusedGroups: report.refusedGroups };
}

/**
 * The report for people.
 *
 * @param width - of the terminal; null: as wide as it gets
 * @param rows - of the screen that it is to fit on; null: it may be as long as it gets
 */
export function statusText(
  report: ProjectStatus,
  paint: Paint,
  width: number | null,
  rows: number | null = null,
): string {
  const [first, others] = facts(report, paint);
  const components = componentTable(report, paint);
  const watches = watchTables(report, paint, width);
  const text = joined([`${first}\n${others}`, components, watches]);
  // What does not fit is cut at the end: better there than at the watches.
  return rows === null || text.split('\n').length < rows ? text : joined([first, watches, components, others]);
}

function joined(sections: readonly string[]): string {
  return sections.filter((section) => section !== '').join('\n\n');
}

/** How it is doing, and the rest. */
function facts(report: ProjectStatus, paint: Paint): readonly [string, string] {
  const first = [
    ['service', serviceText(report, paint)],
    ['health', worstText(report, paint)],
  ] as const;
  const others = [
    ['queue', `${counted(report.service.queueDepth, 'group')} to process`],
    ['last new file', momentText(report.lastFileAt, report.at)],
    ['delivery', totalText(report.delivery)],
    ['archive', totalText(report.archive)],
    ['groups', countsText(report.groups)],
    ['retry queue', counted(report.retryQueue, 'group')],
    ['oldest incomplete', incompleteText(report)],
    ['without metadata', counted(report.withoutMetadata, 'archived group')],
  ] as const;
  return [factLines(first, paint), factLines(others, paint)];
}

/** Names in bold, and behind each what it is. */
export function factLines(facts: readonly (readonly [string, string])[], paint: Paint): string {
  return facts.map(([name, value]) => `${paint.bold(name.padEnd(17))}  ${value}`).join('\n');
}

function serviceText({ service, at }: StatusReport, paint: Paint): string {
  const { instance, lastHeartbeat, startedAt, pid, host, mode } = service;
  if (instance === null) {
    return lastHeartbeat === null ? 'has never run' : `not running, last heartbeat ${momentText(lastHeartbeat, at)}`;
  }
  const where = printable(`pid ${pid ?? 'unknown'} on ${host ?? 'unknown host'}${mode === null ? '' : `, ${mode}`}`);
  const heartbeat = `heartbeat ${momentText(lastHeartbeat, at)}`;
  if (service.stale) return `${paint.red('stale')}: ${heartbeat}, ${where}`;
  return `${paint.green('running')} since ${momentText(startedAt, at)}, ${heartbeat}, ${where}`;
}

/** `archived 12, waiting 3` */
export function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${printable(name)} ${count.toLocaleString('en')}`);
  return parts.length === 0 ? 'none' : parts.toSorted().join(', ');
}

function incompleteText({ oldestIncomplete: group, at }: StatusReport): string {
  if (group === null) return 'none';
  const reason = group.reason === null ? '' : `: ${group.reason}`;
  return printable(
    `${group.watchName}/${group.groupKey}, ${group.state} since ${momentText(group.since, at)}${reason}`,
  );
}

function componentTable(report: StatusReport, paint: Paint): string {
  const windows = ['1h', '4h', '1d', '7d', '30d', 'total'] as const satisfies readonly StatusWindow[];
  const rows = Object.entries(report.components)
    .filter(([, counts]) => counts.total > 0)
    .map(([status, counts]) => [status, ...windows.map((window) => counts[window])]);
  return rows.length === 0 ? 'no files yet' : table(['files', ...windows], rows, paint);
}

/** A line for each watch; on a terminal without room for that the commands come below it, whole: they are to be copied. */
function watchTables({ health, at }: ProjectStatus, paint: Paint, width: number | null): string {
  const whole = table(
    ['watch', 'health', 'last file', 'reason', 'what helps'],
    health.map((watch) => [
      watch.name,
      watch.health,
      momentText(watch.lastFileAt, at),
      watch.reason ?? '',
      watch.command ?? '',
    ]),
    paint,
  );
  if (width === null || fits(whole, width)) return whole;
  const rows = health.map(({ name, health: word, lastFileAt, reason }) => [
    name,
    word,
    lastFileAt === null ? 'never' : distanceText(lastFileAt, at, ageText),
    reason ?? '',
  ]);
  return [table(['watch', 'health', 'last file', 'reason'], rows, paint, width), commandTable(health, paint)]
    .filter((one) => one !== '')
    .join('\n\n');
}

function commandTable(health: readonly WatchHealth[], paint: Paint): string {
  const watches = new Map<string, string[]>();
  for (const { name, command } of health)
    if (command !== null) watches.set(command, [...(watches.get(command) ?? []), name]);
  const rows = [...watches].map(([command, [first = '', ...others]]) => [
    `${first}${andOthers(others.length)}`,
    command,
  ]);
  return table(['watch', 'what helps'], rows, paint);
}

const healthColours: Readonly<Record<HealthWord, 'red' | 'yellow' | 'green'>> = {
  lost: 'red',
  stale: 'red',
  failing: 'red',
  retrying: 'yellow',
  late: 'yellow',
  scanning: 'yellow',
  waiting: 'green',
  ok: 'green',
};

/** The worst word first: the one line to look at. */
function worstText({ health }: ProjectStatus, paint: Paint): string {
  const [worst] = health;
  if (worst === undefined) return 'no watches';
  const others = health.filter((watch) => watch.health === worst.health).length - 1;
  return `${paint[healthColours[worst.health]](worst.health)} ${printable(worst.name)}${andOthers(others)}`;
}

function andOthers(count: number): string {
  return count === 0 ? '' : ` and ${counted(count, 'other watch', 'other watches')}`;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `3 files, 27.1 kB` */
export function totalText({ count, bytes }: Total): string {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const size = bytes / 1000 ** power;
  return `${counted(count, 'file')}, ${power === 0 ? size : size.toFixed(1)} ${units[power] ?? 'B'}`;
}

/** One that is to come was told by a clock that has been set back since. */
function momentText(time: number | null, now: number): string {
  return time === null ? 'never' : nearText(time, now, ageText);
}

function ageText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129_600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
