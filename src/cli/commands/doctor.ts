import { Command } from 'clipanion';
import { systemClock } from '../../core/index.ts';
import { printable } from '../../core/printable.ts';
import type { Check } from '../../doctor/index.ts';
import { formatOption, ProjectCommand } from '../command.ts';
import { counted, paintFor, printJson, printLine } from '../print.ts';
import { padEnd, widthOf } from '../width.ts';

/** `carbonation doctor` */
export class DoctorCommand extends ProjectCommand {
  static override paths = [['doctor']];
  static override usage = Command.Usage({
    description: 'check the project and this machine, and say what is wrong and what helps',
    details: `
      Checks Node, both files, the plugin, the database and its schema, the clock, the running service, delivery
      directories, archives (it writes, links and removes a file), the log file, room on the disks, network disks, the
      limits of file events, and notifiers. Gives each a verdict, \`ok\`, \`warn\` or \`fail\`, and says what to do. Run it as
      the user of the service. The exit code is 1 when something fails.
    `,
    examples: [
      ['What is wrong here', '$0 doctor'],
      ['As the user of the service', 'sudo -u carbonation $0 doctor -c /srv/archive/config.toml'],
      ['For a monitoring system', '$0 doctor --format json'],
    ],
  });

  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const checks = await this.#checks();
    const ok = checks.every(({ verdict }) => verdict !== 'fail');
    if (format === 'json') await printJson(this.context, { ok, checks });
    else await this.#print(checks);
    return ok ? 0 : 1;
  }

  async #checks(): Promise<readonly Check[]> {
    const { configPath } = this;
    const { cwd, env } = this.context;
    const [{ inspectProject }, { inspectConfig }, { examine, findSilent, projectChecks }] = await Promise.all([
      import('../../api/inspect.ts'),
      import('../../config/index.ts'),
      import('../../doctor/index.ts'),
    ]);
    const { config } = await inspectConfig(configPath, env);
    const silent = await findSilent(config);
    const first = projectChecks(await inspectProject(configPath, cwd, env, silent), process.versions.node);
    if (config === null) return first;
    const project = await this.openProject().catch(() => null);
    return [...first, ...(await examine({ config, project, silent, clock: systemClock }))];
  }

  async #print(checks: readonly Check[]): Promise<void> {
    const paint = await paintFor(this.context.stdout, this.context.env);
    const colours = { ok: paint.green, warn: paint.yellow, fail: paint.red };
    const nameOf = ({ name, subject }: Check): string => printable(subject === null ? name : `${name} ${subject}`);
    const width = Math.max(...checks.map((check) => widthOf(nameOf(check))));
    for (const check of checks) {
      const { verdict, message, remedy } = check;
      printLine(
        this.context,
        `${colours[verdict](verdict.padEnd(4))}  ${padEnd(nameOf(check), width)}  ${printable(message)}`,
      );
      if (remedy !== null) printLine(this.context, `${' '.repeat(width + 8)}${paint.dim(`→ ${printable(remedy)}`)}`);
    }
    const count = (wanted: Check['verdict']): number => checks.filter(({ verdict }) => verdict === wanted).length;
    printLine(this.context);
    printLine(
      this.context,
      `${counted(checks.length, 'check')}: ${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`,
    );
  }
}
