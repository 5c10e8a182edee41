import { Command, Option } from 'clipanion';
import type { Project } from '../../api/project.ts';
import type { ArchiveProgress, ArchiveReport } from '../../service/index.ts';
import { CarbonationError } from '../../errors/index.ts';
import { formatOption, ProjectCommand, type Format } from '../command.ts';
import { counted, paintFor, printError, printJson } from '../print.ts';
import { withProgress } from '../progress.ts';
import { listenToSignals } from '../signals.ts';
import { parseWorkers, withWorkers } from '../workers.ts';

/** `carbonation reconcile archive` */
export class ReconcileArchiveCommand extends ProjectCommand {
  static override paths = [['reconcile', 'archive']];
  static override usage = Command.Usage({
    description: 'compare the archives with the database; with --verify, read every file and compare its checksum',
    details: `
      Files that the database lacks get rows and groups, by the rules of the watch that archives there; the plugin reads
      complete groups. Files that are gone are marked as missing; missing files that are back with the recorded content
      are marked as archived. A file of another size than recorded is read, and marked if it is damaged. The command can
      run beside the service: it leaves groups at work alone and counts them.

      \`--verify\` reads every archived file and compares it with its SHA-256. After an interruption (Ctrl-C, a crash) the
      next \`--verify\` goes on where it stopped; \`--restart\` begins from the start.

      PATHS are directories and files in the archives: nothing else is looked at.

      \`--write-off\` says that missing files were removed on purpose, or will not come back: their groups are written off,
      and not reported again unless a file comes back. Remove damaged files first. Without PATHS it applies to everything
      that is missing.

      Nothing is changed when an archive is on another device than before and files are gone (is its disk mounted?), or
      when more than \`max_gone_percent\` and more than \`max_gone_files\` of its files are gone at once. \`--force\` marks them
      as missing all the same. Files that cannot be read keep their status. \`--verify\` stops if too much of the archive,
      or its directory, goes away while it reads. The exit code is 1 when a file is missing or damaged, when something
      could not be read, when recorded files are in no archive of config.toml, or when nothing was changed for the reasons
      above.
    `,
    examples: [
      ['All archives', '$0 reconcile archive'],
      ['What would be done', '$0 reconcile archive --dry-run'],
      ['Every file, byte for byte', '$0 reconcile archive --verify'],
      ['One directory', '$0 reconcile archive /data/archive/2026'],
      ['A directory whose files were removed on purpose', '$0 reconcile archive --write-off /data/archive/2024'],
      ['Files of an earlier system, as those of one watch', '$0 reconcile archive --archive main --watch incoming'],
    ],
  });

  targets = Option.Rest({ name: 'PATHS' });
  archive = Option.Array('--archive', [], { description: 'only this archive; repeatable' });
  watch = Option.String('--watch', { description: 'the watch of unknown files, if several watches archive there' });
  verify = Option.Boolean('--verify', false, { description: 'read every file and compare it with its checksum' });
  restart = Option.Boolean('--restart', false, { description: 'with --verify: begin from the start' });
  dryRun = Option.Boolean('--dry-run', false, { description: 'report what would be done, and write nothing' });
  force = Option.Boolean('--force', false, { description: 'mark all files that are gone as missing, however many' });
  writeOff = Option.Boolean('--write-off', false, { description: 'accept that missing files will not come back' });
  workers = Option.String('--workers', { description: 'threads that read files' });
  noProgress = Option.Boolean('--no-progress', false, { description: 'no progress on a terminal' });
  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    if (this.restart && !this.verify) throw this.usage('--restart is for --verify');
    const workers = parseWorkers(this.workers, (message) => this.usage(message));
    const signals = listenToSignals();
    try {
      const project = withWorkers(await this.openProject(), workers);
      return await this.#report(await this.#reconcile(project, signals.signal), format);
    } finally {
      signals.dispose();
    }
  }

  async #reconcile(project: Project, signal: AbortSignal): Promise<ArchiveReport> {
    const { reconcileArchive } = await import('../../service/index.ts');
    const order = {
      archives: this.archive,
      paths: this.targets,
      cwd: this.context.cwd,
      watch: this.watch ?? null,
      verify: this.verify,
      restart: this.restart,
      force: this.force,
      writeOff: this.writeOff,
      dryRun: this.dryRun,
    };
    return withProgress(this, project.config.logging, (log, progress) => {
      const rate = new Rate();
      const onProgress = (now: ArchiveProgress): void => progress.show(progressText(now, rate));
      return reconcileArchive(project, order, { log, signal, onProgress });
    });
  }

  async #report(report: ArchiveReport, format: Format): Promise<number> {
    if (format === 'json') await printJson(this.context, report);
    else {
      const { printArchiveReport } = await import('../archive-report.ts');
      const paint = await paintFor(this.context.stdout, this.context.env);
      printArchiveReport(this.context, report, this.verify, paint);
    }
    const failure = failureOf(report);
    return failure === null ? 0 : printError(this.context, failure, false);
  }
}

/** What of a report is a failure of the command, or null. */
function failureOf({ brake, isInterrupted, counts, problems, unlisted }: ArchiveReport): CarbonationError | null {
  if (brake !== null) return new CarbonationError('ARCHIVE_DIFFERS', brake, { remedy: 'nothing was changed' });
  if (isInterrupted) {
    return new CarbonationError('ARCHIVE_DIFFERS', 'it was cut short', {
      remedy: 'run it again: an audit goes on where it stopped',
    });
  }
  const isSound = counts.damaged + counts.missing === 0;
  const parts = [
    ...(counts.damaged > 0 ? [counted(counts.damaged, 'damaged file')] : []),
    ...(counts.missing > 0 ? [counted(counts.missing, 'missing file')] : []),
    ...(problems.length > 0 ? [counted(problems.length + unlisted, 'problem')] : []),
  ];
  const ofProblems = 'resolve what is listed, and run the command again; docs/reconciliation.md explains each result';
  return parts.length === 0
    ? null
    : new CarbonationError('ARCHIVE_DIFFERS', parts.join(', '), isSound ? { remedy: ofProblems } : {});
}

/** Files a second since something was begun. */
class Rate {
  #step = '';
  #from = 0;
  #since = 0;

  of({ step, path, done }: ArchiveProgress): number | null {
    const now = performance.now();
    if (this.#step !== `${step} ${path}`) {
      this.#step = `${step} ${path}`;
      this.#from = done;
      this.#since = now;
    }
    return now - this.#since < 500 ? null : Math.round(((done - this.#from) * 1000) / (now - this.#since));
  }
}

const steps = { rows: 'rows', files: 'files', content: 'verified' } as const;

function progressText(now: ArchiveProgress, rate: Rate): string {
  const { step, path, done, total } = now;
  const perSecond = rate.of(now);
  const share =
    total === null || total === 0
      ? ''
      : ` of ${total.toLocaleString('en')} (${Math.min(100, Math.floor((done * 100) / total))} %)`;
  const speed = perSecond === null ? '' : `, ${perSecond.toLocaleString('en')}/s`;
  return `${path}: ${done.toLocaleString('en')}${share} ${steps[step]}${speed}`;
}
