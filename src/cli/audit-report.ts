import { factLines, momentText, nearText, spanText, verdictLines } from '../audit/index.ts';
import type { GroupHistory, HistoryStep, WhyReport } from '../audit/index.ts';
import { printable } from '../core/printable.ts';
import type { Paint } from './print.ts';
import { columnWidths, rowText } from './width.ts';

/** Histories and explanations as text. */

/** Every step of a group with what it was decided by, and its files, for people. */
export function historyText(history: GroupHistory, now: number, paint: Paint): string {
  const { group } = history;
  const head = [
    paint.bold(printable(`${group.watchName}: ${group.groupKey}`)),
    `${group.state} since ${nearText(group.stateSince, now)}, revision ${group.revision}`,
    ...(group.reason === null ? [] : [printable(group.reason)]),
  ];
  return [head.join('\n'), stepsText(history.steps, now, paint), filesText(history, paint)]
    .filter((section) => section !== '')
    .join('\n\n');
}

/** What every step has; what is the same for all is said once above them. */
const sidelights = [
  ['rules', ({ rulesVersion }: HistoryStep) => rulesVersion ?? 'none'],
  ['revision', ({ revision }: HistoryStep) => String(revision)],
  ['attempt', ({ attempt }: HistoryStep) => String(attempt)],
  ['node', ({ node }: HistoryStep) => node ?? 'unknown'],
] as const;

function stepsText(steps: readonly HistoryStep[], now: number, paint: Paint): string {
  if (steps.length === 0) return 'no step is on record';
  const varying = sidelights.filter(([, of]) => new Set(steps.map(of)).size > 1);
  const same = sidelights.filter(([, of]) => new Set(steps.map(of)).size === 1);
  const [first] = steps;
  const above = first === undefined ? '' : same.map(([name, of]) => `${name} ${of(first)}`).join(', ');
  const head = ['time (UTC)', 'state', 'for', 'event', ...varying.map(([name]) => name)];
  const rows = steps.map((step) => [
    new Date(step.at).toISOString().slice(0, 23).replace('T', ' '),
    step.toState,
    stayed(step, now),
    step.event,
    ...varying.map(([, of]) => printable(of(step))),
  ]);
  const widths = columnWidths([head, ...rows]);
  const indent = ' '.repeat((widths[0] ?? 0) + 2);
  const lines = steps.flatMap((step, i) => [
    ...(step.isAfterGap ? [paint.dim('… steps that are no longer on record (history_retention)')] : []),
    rowText(rows[i] ?? [], widths),
    ...factLines(step.facts, step.reason).map((fact) => paint.dim(`${indent}${printable(fact)}`)),
  ]);
  return [
    ...(above === '' ? [] : [`every step: ${printable(above)}`]),
    paint.bold(rowText(head, widths)),
    ...lines,
  ].join('\n');
}

function stayed({ stayedMs, isPresent, at }: HistoryStep, now: number): string {
  if (isPresent) return `${spanText(Math.max(0, now - at))} …`;
  return stayedMs === null ? '' : spanText(stayedMs);
}

function filesText({ components, formerCopies }: GroupHistory, paint: Paint): string {
  const lines = components.flatMap((file) => [
    `${paint.bold(printable(file.filename))}  ${file.status}${file.sizeBytes === null ? '' : `, ${file.sizeBytes.toLocaleString('en')} bytes`}`,
    `  from    ${printable(file.sourcePath)}${file.inDelivery ? '' : ' (no longer there)'}, detected ${momentText(file.detectedAt)}`,
    ...(file.archivePath === null
      ? []
      : [
          `  to      ${printable(file.archivePath)}${file.inArchive ? '' : ' (no longer there)'}${file.archivedAt === null ? '' : `, archived ${momentText(file.archivedAt)}`}`,
        ]),
    ...(file.sha256 === null ? [] : [`  sha256  ${file.sha256}`]),
    ...(file.errorMessage === null ? [] : [`  ${printable(file.errorMessage)}`]),
  ]);
  const former = formerCopies.flatMap(({ revision, name, path, sizeBytes, sha256, at }) => [
    `${paint.bold(printable(name))}  ${revision === null ? 'an earlier revision' : `revision ${revision}`}, ${sizeBytes.toLocaleString('en')} bytes`,
    `  to      ${printable(path)}, archived ${momentText(at)}`,
    `  sha256  ${sha256}`,
  ]);
  return [...lines, ...(former.length === 0 ? [] : ['', 'copies of former revisions', ...former])].join('\n');
}

/** Why a group is where it is, for people. */
export function whyText(report: WhyReport, now: number, paint: Paint): string {
  const { watchName, groupKey, state, stateSince, revision, where, because, waitsFor, actions } = report;
  const head = `${paint.bold(printable(`${watchName}: ${groupKey}`))} is ${state} since ${nearText(stateSince, now)}${revision > 1 ? `, revision ${revision}` : ''}.`;
  const until = waitsFor === null || waitsFor.until === null ? '' : untilText(waitsFor.until, now);
  const after = waitsFor === null || waitsFor.after === null ? '' : `; then ${waitsFor.after}`;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['why', because],
    ['the rules', decisionLines(report)],
    ['waits for', waitsFor === null ? [] : [`${waitsFor.what}${until}${after}.`]],
    ['what you can do', actions.map(({ what, command }) => (command === null ? what : `${what}: ${command}`))],
  ];
  const shown = sections.filter(([, lines]) => lines.length > 0);
  return [
    `${head}\n${where}`,
    ...shown.map(([title, lines]) => [paint.bold(title), ...lines.map((line) => `- ${printable(line)}`)].join('\n')),
  ].join('\n\n');
}

function untilText(until: number, now: number): string {
  return `${until > now ? ' until' : ', overdue since'} ${nearText(until, now)}`;
}

function decisionLines({ decision }: WhyReport): readonly string[] {
  if (decision === null) return [];
  const { decidedAt, ruleSet, rulesVersion, isInForce, selection, routing } = decision;
  const set = ruleSet === null ? '' : ` by rule set "${ruleSet}"`;
  const version = rulesVersion === null ? '' : `, rules version ${rulesVersion}`;
  const force = isInForce ? 'which is in force' : 'which is no longer in force';
  return [`decided ${momentText(decidedAt)}${set}${version}, ${force}`, ...verdictLines(selection, routing)];
}
