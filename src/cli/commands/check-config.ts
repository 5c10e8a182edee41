import { Command } from 'clipanion';
import type { Inspection } from '../../api/inspect.ts';
import { printable } from '../../core/printable.ts';
import { formatOption, ProjectCommand } from '../command.ts';
import { counted, paintFor, printJson, printLine } from '../print.ts';

/** `carbonation check config` */
export class CheckConfigCommand extends ProjectCommand {
  static override paths = [['check', 'config']];
  static override usage = Command.Usage({
    description: 'check config.toml, rules.toml and the plugin',
    details: `
      Reads everything that the service would read and reports every problem at once, with file, line and key: what is
      wrong, what does not fit together, and what is allowed but suspicious. The database is not touched. The exit code
      is 1 when there is an error; warnings alone are fine.
    `,
    examples: [
      ['The config in the current directory', '$0 check config'],
      ['Another one, for a program', '$0 check config -c /srv/archive/config.toml --format json'],
    ],
  });

  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const { inspectProject } = await import('../../api/inspect.ts');
    const inspection = await inspectProject(this.configPath, this.context.cwd, this.context.env);
    const ok = countsOf(inspection).errors === 0;
    if (format === 'json') await printJson(this.context, { ok, ...countsOf(inspection), ...inspection });
    else await this.#print(inspection, ok);
    return ok ? 0 : 1;
  }

  async #print(inspection: Inspection, ok: boolean): Promise<void> {
    const { formatProblem } = await import('../../config/index.ts');
    const paint = await paintFor(this.context.stdout, this.context.env);
    for (const problem of inspection.problems) {
      const line = printable(formatProblem(problem));
      printLine(this.context, problem.severity === 'error' ? paint.red(line) : paint.yellow(line));
    }
    const { errors, warnings } = countsOf(inspection);
    const warned = warnings === 0 ? '' : `, with ${counted(warnings, 'warning')}`;
    const verdict = ok
      ? `${paint.green('ok')}${warned}: ${printable(checkedText(inspection.checked))}`
      : `${counted(errors, 'error')}, ${counted(warnings, 'warning')}`;
    printLine(this.context, verdict);
  }
}

function countsOf({ problems }: Inspection): { readonly errors: number; readonly warnings: number } {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return { errors, warnings: problems.length - errors };
}

function checkedText({ config, rules, watches, archives, ruleSets, plugin }: Inspection['checked']): string {
  const own =
    plugin === null
      ? ''
      : `, plugin ${plugin.name} (${counted(plugin.columns, 'column')}, ${counted(plugin.migrations, 'migration')})`;
  const files = `${config} (${counted(watches, 'watch', 'watches')}, ${counted(archives, 'archive')})`;
  return `${files}, ${rules} (${counted(ruleSets, 'rule set')})${own}`;
}
