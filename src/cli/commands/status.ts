import { setTimeout as wait } from 'node:timers/promises';
import { Command, Option } from 'clipanion';
import type { ProjectStatus } from '../../api/health.ts';
import { systemClock } from '../../core/clock.ts';
import { printableJson } from '../../core/printable.ts';
import { formatOption, ProjectCommand, type Format } from '../command.ts';
import { paintFor, printJson, printLine, takesCommands } from '../print.ts';
import { terminalHeight, terminalWidth } from '../width.ts';

/** How long a report stands, in ms. */
const followMs = 2000;

/** Puts the cursor to the first place and empties the screen. */
const clearScreen = '\u001B[H\u001B[2J';

/** `carbonation status` */
export class StatusCommand extends ProjectCommand {
  static override paths = [['status']];
  static override usage = Command.Usage({
    description: 'show how the service and the files are doing',
    details: `
      Shows the health of each watch, the worst first, with its reason and the command that helps; the service's
      heartbeat, files by status and time, totals of delivery and archive, groups that wait for another try, and the
      oldest incomplete group. Everything is read from the database; the service need not run.

      The health words: \`lost\` the directory cannot be read; \`stale\` the service gives no sign of life; \`failing\` groups
      failed, files failed their checks, or copies are missing in the archive; \`retrying\` groups wait for another try;
      \`late\` groups wait longer than the rules allow, or were given up as incomplete; \`scanning\` the system gives no file
      events, the directory is scanned instead; \`waiting\` groups wait for more files; \`ok\`.
    `,
    examples: [
      ['At a glance', '$0 status'],
      ['Live, until Ctrl+C', '$0 status --watch'],
      ['For a monitoring system', '$0 status --format json'],
    ],
  });

  format = formatOption();

  watch = Option.Boolean('--watch', false, { description: 'show it again every two seconds, until Ctrl+C' });

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const project = await this.viewProject();
    const { readProjectStatus } = await import('../../api/health.ts');
    await this.withStore(project, async ({ sql }) => {
      const read = async (): Promise<ProjectStatus> => {
        const status = await readProjectStatus(sql, project, systemClock.now());
        return { ...status, health: this.advised(status.health) };
      };
      if (this.watch) await this.#follow(read, format);
      else await this.#print(await read(), format);
    });
    return 0;
  }

  async #print(status: ProjectStatus, format: Format): Promise<void> {
    const { statusJson, statusText } = await import('../status-report.ts');
    const { stdout } = this.context;
    if (format === 'json') await printJson(this.context, statusJson(status));
    else printLine(this.context, statusText(status, await paintFor(stdout, this.context.env), terminalWidth(stdout)));
  }

  /** On a terminal each report takes the place of the one before; elsewhere they follow each other, JSON a line each. */
  async #follow(read: () => Promise<ProjectStatus>, format: Format): Promise<void> {
    const { statusJson, statusText } = await import('../status-report.ts');
    const { Output } = await import('../query-output.ts');
    const { fitScreen } = await import('../screen.ts');
    const { listenToSignals } = await import('../signals.ts');
    const { stdout, env } = this.context;
    const output = new Output(stdout);
    const paint = await paintFor(stdout, env);
    const isPage = takesCommands(stdout, env) && format === 'text';
    const { signal, dispose } = listenToSignals();
    try {
      while (!signal.aborted) {
        const status = await read();
        const text =
          format === 'json'
            ? printableJson(JSON.stringify(statusJson(status)))
            : statusText(status, paint, terminalWidth(stdout), isPage ? terminalHeight(stdout) : null);
        // What matters is at the beginning, which would run out of a smaller screen.
        const shown = isPage ? `${clearScreen}${fitScreen(text, stdout)}` : text;
        if (!(await output.write(`${shown}\n${isPage || format === 'json' ? '' : '\n'}`))) return;
        await wait(followMs, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      dispose();
    }
  }
}
