import { Command, Option } from 'clipanion';
import type { Project } from '../../api/project.ts';
import { inTime, systemClock } from '../../core/clock.ts';
import type { Log } from '../../logging/index.ts';
import type { RunReport } from '../../service/index.ts';
import { formatOption, ProjectCommand, type Format } from '../command.ts';
import { hasColour, paintFor, printError, printJson } from '../print.ts';
import { listenToSignals, type ServiceSignals } from '../signals.ts';
import { boundHeap } from '../memory.ts';
import { spareMemory } from '../spare-memory.ts';

/** How long a reader of stderr that reads nothing may keep the service from ending, in ms; systemd kills it after 60 s in all. */
const readerMs = 3000;

/** `carbonation run` */
export class RunCommand extends ProjectCommand {
  static override paths = [['run']];
  static override usage = Command.Usage({
    description: 'watch the delivery directories and archive what arrives',
    details: `
      Runs until SIGTERM or SIGINT (Ctrl-C). The first signal lets the current work finish; a second one ends the run at
      once. SIGHUP reads the rules again. The log goes to stderr, and to the file of \`[logging]\`. The first run of a new
      project creates its SQLite database; for any other database use \`carbonation db init\`.

      With \`[http] listen\` in config.toml it also serves metrics, health probes and the status page.

      \`--once\` processes everything that is pending or due and exits, e.g. for cron. \`--dry-run\` reports what would be
      done, and changes neither the database nor a file; its log goes to stderr only.
    `,
    examples: [
      ['The service', '$0 run'],
      ['Once, for cron', '$0 run --once -c /srv/archive/config.toml'],
      ['What would happen', '$0 run --dry-run'],
    ],
  });

  once = Option.Boolean('--once', false, { description: 'process what is there, then exit' });
  dryRun = Option.Boolean('--dry-run', false, { description: 'report what would be done, and do nothing' });
  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    if (this.once && this.dryRun) throw this.usage('--once and --dry-run exclude each other');
    // Before anything slow: a signal that arrives during the start must not kill the process unheard.
    const signals = listenToSignals();
    try {
      return await this.#run(signals, format);
    } finally {
      signals.dispose();
    }
  }

  async #run({ signal, reload }: ServiceSignals, format: Format): Promise<number> {
    // Before the plugin: once there is one, each module that is loaded is looked up through a hook, for half as much again.
    const [{ createLog }, { runService }, { statusServer }] = await Promise.all([
      import('../../logging/index.ts'),
      import('../../service/index.ts'),
      import('../../web/index.ts'),
    ]);
    const project = await this.openProject();
    const { stderr, env } = this.context;
    const colour = hasColour(stderr, env);
    const log = await createLog(project.config.logging, {
      verbose: this.verbose,
      noFile: this.dryRun,
      stream: stderr,
      colour,
    });
    for (const warning of project.warnings) log.warning(warning);
    const memory = spareMemory();
    const heap = boundHeap();
    let report: RunReport;
    try {
      const serve = statusServer(project, this.cli.binaryVersion ?? 'unknown') ?? undefined;
      const run = () =>
        runService(project, {
          once: this.once,
          dryRun: this.dryRun,
          log,
          signal,
          reload,
          onThreads: heap.leaveAlone,
          onEnter: () => {
            memory.isBusy();
            heap.hold();
          },
          // A start reads every name before any group has something to do.
          onProgress: heap.hold,
          ...(serve && { serve }),
        });
      report = await run().catch(async (refusal: unknown) => {
        await this.#makeDatabase(project, log, refusal);
        return run();
      });
    } finally {
      memory.dispose();
      const flushed = log.flush();
      const isPatient = (this.once || this.dryRun) && !signal.aborted;
      await (isPatient ? flushed : inTime(systemClock, readerMs, flushed));
    }
    return await this.#finish(report, format);
  }

  /** The first run of a new project needs no command before it. */
  async #makeDatabase(project: Project, log: Log, refusal: unknown): Promise<void> {
    const { initFirstRun } = await import('../../api/first-run.ts');
    const made = await initFirstRun(project, refusal);
    if (made === null) throw refusal;
    const { length } = made;
    if (length > 0) log.success('the database is made', { database: project.config.database.name, migrations: length });
  }

  async #finish(report: RunReport, format: Format): Promise<number> {
    if (format === 'json') await printJson(this.context, report);
    else if (this.once || this.dryRun) await this.#print(report);
    if (report.outcome !== 'failed') return 0;
    const { runFailure } = await import('../run-report.ts');
    return printError(this.context, runFailure(report), false);
  }

  async #print(report: RunReport): Promise<void> {
    const { printDryRun, printProblems, printRunSummary } = await import('../run-report.ts');
    const paint = await paintFor(this.context.stdout, this.context.env);
    if (!this.dryRun) return printRunSummary(this.context, report, paint);
    printDryRun(this.context, report, paint);
    printProblems(this.context, report, paint);
  }
}
