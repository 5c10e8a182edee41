import type { RunReport } from '../service/index.ts';
import { printable } from '../core/printable.ts';
import { CarbonationError } from '../errors/index.ts';
import { failureOf } from '../service/run-record.ts';
import { counted, printLine, table, type Paint, type PrintContext } from './print.ts';
import { fitsTerminal } from './screen.ts';
import { terminalWidth } from './width.ts';

/** Prints what one run did: a line of counts, and a line for each group that could not be finished. */
export function printRunSummary(context: PrintContext, report: RunReport, paint: Paint): void {
  if (report.handedOverTo !== null) {
    printLine(context, `done by the running service (${report.handedOverTo})`);
  }
  printCounts(context, report, paint);
  printProblems(context, report, paint);
}

/** Prints what could not be read or taken in, a line each. */
export function printProblems(context: PrintContext, { watches }: RunReport, paint: Paint): void {
  for (const { watch, problems } of watches)
    for (const problem of problems) printLine(context, `  ${paint.yellow(printable(watch))} ${printable(problem)}`);
}

function printCounts(context: PrintContext, report: RunReport, paint: Paint): void {
  printLine(context, `${counts(report)}${openBeside(report)}`);
  for (const group of report.groups) {
    if (group.reason === null || group.state === 'archived') continue;
    const name = printable(`${group.watchName}/${group.groupKey}`);
    printLine(context, `  ${paint.yellow(group.state)} ${name}: ${printable(group.reason)}`);
  }
}

/** Prints what reconciling the deliveries came to: a row a watch, its problems, and what became of the groups. */
export function printReconciled(context: PrintContext, report: RunReport, dryRun: boolean, paint: Paint): void {
  const rows = report.watches.map(({ watch, isRead, found, fresh, gone, removed, brake, problems }) =>
    isRead
      ? [watch, found, fresh, gone, removed, problems.length, brake === null ? '' : 'held back']
      : [watch, '', '', '', '', problems.length, 'not read'],
  );
  const head = ['watch', 'found', 'new or changed', 'gone', 'cleared', 'problems', ''];
  const shown = table(head, rows, paint, terminalWidth(context.stdout));
  if (shown !== '') printLine(context, `${shown}\n`);
  printProblems(context, report, paint);
  if (report.handedOverTo !== null) printLine(context, `done by the running service (${report.handedOverTo})`);
  if (dryRun) printDryRun(context, report, paint);
  else printCounts(context, report, paint);
}

/** Of a watch that can be read, in which files are missing. */
const heldBackRemedy = 'find out where its files are: the next reconciliation goes on by itself once they are back';

/** Why a run has failed. */
export function runFailure({ failure, watches }: RunReport): CarbonationError {
  if (failure !== null && failure === failureOf(watches)) {
    const isHeldBack = watches.some((one) => one.brake !== null && failure === failureOf([one]));
    return new CarbonationError('WATCH_UNREADABLE', failure, isHeldBack ? { remedy: heldBackRemedy } : {});
  }
  return new CarbonationError('INTERNAL', failure ?? 'the service failed', { remedy: 'see the log' });
}

/** Prints what a run would do, one row a group. */
export function printDryRun(context: PrintContext, report: RunReport, paint: Paint): void {
  const rows = report.groups.map((group) => [
    group.watchName,
    group.groupKey,
    group.state,
    group.files,
    group.archivePath ?? '',
    group.reason ?? '',
  ]);
  const whole = table(['watch', 'group', 'would be', 'files', 'archive path', 'reason'], rows, paint);
  // Cut to a terminal, its paths and reasons would say nothing.
  const shown = fitsTerminal(whole, context.stdout)
    ? whole
    : report.groups.map((group) => dryLine(group, paint)).join('\n');
  if (shown !== '') printLine(context, `${shown}\n`);
  printLine(context, `dry run, nothing was changed: ${counts(report)}`);
}

function dryLine(
  { watchName, groupKey, state, files, archivePath, reason }: RunReport['groups'][number],
  paint: Paint,
): string {
  const where = archivePath === null ? '' : ` to ${archivePath}`;
  const why = reason === null ? '' : `: ${reason}`;
  const words = `${watchName}/${groupKey}, ${counted(files, 'file')}${where}${why}`;
  return `${(state === 'archived' ? paint.green : paint.yellow)(state)} ${printable(words)}`;
}

/** What is open beside what the run touched; a run that touched all of it has said so. */
function openBeside({ open, waiting, failed }: RunReport): string {
  if (open === null || (open.waiting === waiting && open.failed === failed && open.timedOut === 0)) return '';
  const timedOut = open.timedOut === 0 ? '' : `, ${open.timedOut} timed out`;
  return ` in this run; open in all: ${open.waiting} waiting${timedOut}, ${open.failed} failed`;
}

function counts({ archived, waiting, failed }: RunReport): string {
  return `${archived} archived, ${waiting} waiting, ${failed} failed`;
}
