import type { ArchiveCounts, ArchiveReport } from '../service/index.ts';
import { printable } from '../core/printable.ts';
import { counted, printLine, type Paint, type PrintContext } from './print.ts';

/** Entries of a list that are printed; `--format json` has more. */
const printed = 100;

/** What each count says, in the order in which they are printed. */
const words: Readonly<Record<keyof ArchiveCounts, string>> = {
  found: 'files in the archives',
  created: 'rows made for files the database lacked',
  updated_flag: 'rows whose flag in_archive changed',
  missing: 'files that are not in the archive any more',
  written_off: 'files that are not in the archive, and were written off',
  recovered: 'missing files that are back',
  dedup_removed: 'rows merged with those of delivered files',
  groups_created: 'groups made of found files',
  groups_completed: 'of them or of earlier ones complete now',
  metadata_extracted: 'whose metadata was read',
  ignored: 'unknown files that no pattern takes',
  busy: 'files left alone: their group is at work, or could not be told',
  verified: 'files read and found as recorded',
  damaged: 'files with other content than recorded',
  bytes: 'bytes read',
};

/** Counts that are printed only where they say something, or for an audit. */
const ofAudit: ReadonlySet<keyof ArchiveCounts> = new Set(['written_off', 'verified', 'damaged', 'bytes']);

/** Prints what reconciling archives came to: a line a count, then what is not as it should be. */
export function printArchiveReport(context: PrintContext, report: ArchiveReport, verify: boolean, paint: Paint): void {
  const { counts, damagedFiles, missingFiles, writtenOffFiles, problems, resumed } = report;
  if (resumed !== null) {
    printLine(
      context,
      `went on with the audit of ${resumed.startedAt}, which had read ${counted(resumed.verified, 'file')}`,
    );
  }
  const isShown = (name: keyof ArchiveCounts): boolean => verify || counts[name] > 0 || !ofAudit.has(name);
  for (const name of Object.keys(words).filter((one): one is keyof ArchiveCounts => one in counts)) {
    if (!isShown(name)) continue;
    const count = counts[name].toLocaleString('en').padStart(12);
    const isOnRecord = name === 'found' && report.brake !== null;
    const word = isOnRecord ? 'files on record that are in the archives' : words[name];
    printLine(context, `${name.padEnd(18)} ${count}  ${paint.dim(word)}`);
  }
  printList(
    context,
    damagedFiles.map(({ path, reason }) => `${paint.red('damaged')} ${printable(`${path}: ${reason}`)}`),
  );
  printList(
    context,
    missingFiles.map((path) => `${paint.yellow('missing')} ${printable(path)}`),
  );
  printList(
    context,
    writtenOffFiles.map((path) => `${paint.dim('written off')} ${printable(path)}`),
  );
  printList(
    context,
    problems.map((problem) => `${paint.yellow('problem')} ${printable(problem)}`),
  );
  if (report.dryRun) printLine(context, 'dry run, nothing was changed');
}

function printList(context: PrintContext, lines: readonly string[]): void {
  for (const line of lines.slice(0, printed)) printLine(context, `  ${line}`);
  if (lines.length > printed) printLine(context, `  and ${lines.length - printed} more; --format json lists them`);
}
