import { Command } from 'clipanion';
import { formatOption, ProjectCommand } from '../command.ts';
import { paintFor, printJson, printLine } from '../print.ts';

/** `carbonation db status` */
export class DbStatusCommand extends ProjectCommand {
  static override paths = [['db', 'status']];
  static override usage = Command.Usage({
    description: "show what the database holds, its migrations, and where it differs from the plugin's model",
    details: `
      Shows files by status, totals of delivery and archive, groups without metadata, and whether the kept totals agree
      with a count of every row, and whether SQLite's file, read as a whole, is sound (seconds with millions of rows; the exit
      code is 1 when it is damaged). Then the applied and pending migrations of the core and
      of the plugin, and drift: columns and indexes where the table files differs from the plugin's model. \`db revision
      --autogenerate\` writes a migration for the drift.
    `,
    examples: [
      ['At a glance', '$0 db status'],
      ['For a program', '$0 db status --format json'],
    ],
  });

  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const project = await this.viewProject();
    const { readSchemaReport } = await import('../../api/schema-report.ts');
    const report = await readSchemaReport(project);
    const code = report.damage === null ? 0 : 1;
    if (format === 'json') {
      await printJson(this.context, report);
      return code;
    }
    const { schemaText } = await import('../schema-text.ts');
    printLine(this.context, schemaText(report, await paintFor(this.context.stdout, this.context.env)));
    return code;
  }
}
