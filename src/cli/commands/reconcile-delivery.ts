import { Command, Option } from 'clipanion';
import type { Project } from '../../api/project.ts';
import type { ReconcileOrder, ReconcileProgress, RunReport } from '../../service/index.ts';
import { formatOption, ProjectCommand, type Format } from '../command.ts';
import { paintFor, printError, printJson } from '../print.ts';
import { withProgress } from '../progress.ts';
import { listenToSignals } from '../signals.ts';
import { parseWorkers, withWorkers } from '../workers.ts';

/** `carbonation reconcile delivery` */
export class ReconcileDeliveryCommand extends ProjectCommand {
  static override paths = [['reconcile', 'delivery']];
  static override usage = Command.Usage({
    description: 'compare the delivery directories with the database',
    details: `
      Files that the database lacks are recorded and processed; files that are gone are cleared; files that failed their
      integrity checks, or wait for longer than \`stale_threshold\`, are checked again. Work that is due is done, as by \`run
      --once\`. If a service runs, it does this: the command asks it, within \`poll_interval\`, and waits for it.

      PATHS are directories and files below a watch: nothing else is looked at.

      Nothing is cleared in a watch that cannot be read, whose directory is another one than before (is its disk
      mounted?), or if more than \`max_gone_percent\` and more than \`max_gone_files\` of its unarchived files are gone at
      once. \`--force\` clears them all the same. The exit code is 1 when a watch could not be read or was held back like
      this, or when a path does not exist and no file is recorded there.
    `,
    examples: [
      ['All watches', '$0 reconcile delivery'],
      ['What would be done', '$0 reconcile delivery --dry-run'],
      ['One directory of one watch', '$0 reconcile delivery --watch incoming /data/incoming/2026-11'],
      ['Thousands of files were deleted on purpose', '$0 reconcile delivery --watch incoming --force'],
    ],
  });

  targets = Option.Rest({ name: 'PATHS' });
  watch = Option.Array('--watch', [], { description: 'only this watch; repeatable' });
  dryRun = Option.Boolean('--dry-run', false, { description: 'report what would be done, and write nothing' });
  force = Option.Boolean('--force', false, { description: 'clear all files that are gone, however many' });
  workers = Option.String('--workers', { description: 'threads that check, extract and transfer files' });
  noProgress = Option.Boolean('--no-progress', false, { description: 'no progress on a terminal' });
  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const workers = parseWorkers(this.workers, (message) => this.usage(message));
    const signals = listenToSignals();
    try {
      const project = await this.openProject();
      const { makeOrder } = await import('../../service/index.ts');
      const wanted = { watches: this.watch, paths: this.targets, force: this.force };
      const order = makeOrder(project.config.watches, wanted, this.context.cwd);
      return await this.#report(await this.#reconcile(withWorkers(project, workers), order, signals.signal), format);
    } finally {
      signals.dispose();
    }
  }

  async #reconcile(project: Project, order: ReconcileOrder, signal: AbortSignal): Promise<RunReport> {
    const { runService } = await import('../../service/index.ts');
    return withProgress(this, project.config.logging, (log, progress) =>
      runService(project, {
        once: !this.dryRun,
        dryRun: this.dryRun,
        order,
        log,
        signal,
        onProgress: (now) => progress.show(progressText(now)),
      }),
    );
  }

  async #report(report: RunReport, format: Format): Promise<number> {
    if (format === 'json') await printJson(this.context, report);
    else {
      const { printReconciled } = await import('../run-report.ts');
      printReconciled(this.context, report, this.dryRun, await paintFor(this.context.stdout, this.context.env));
    }
    if (report.outcome !== 'failed') return 0;
    const { runFailure } = await import('../run-report.ts');
    return printError(this.context, runFailure(report), false);
  }
}

function progressText({ watch, found, fresh }: ReconcileProgress): string {
  return `${watch}: ${found.toLocaleString('en')} files, ${fresh.toLocaleString('en')} new or changed`;
}
