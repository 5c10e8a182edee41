import { Command } from 'clipanion';
import { formatOption, ProjectCommand } from '../command.ts';
import { counted, printJson, printLine } from '../print.ts';

/** `carbonation db upgrade` */
export class DbUpgradeCommand extends ProjectCommand {
  static override paths = [['db', 'upgrade']];
  static override usage = Command.Usage({
    description: 'upgrade the tables to this version and to the plugin',
    details: `
      Applies the pending migrations to an existing database, first the core's, then the plugin's. Stop the service and
      back up the database first. If \`db status\` says that the totals of \`status\` are wrong, this counts them again.
    `,
    examples: [
      ['After a new version or a new plugin migration', '$0 db upgrade'],
      ['For a program', '$0 db upgrade --format json'],
    ],
  });

  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const project = await this.openProject();
    const { initDatabase, repairTotals } = await import('../../api/database.ts');
    const { printMigrations, sayThatItWaits } = await import('../migrations.ts');
    const onWait = sayThatItWaits(this.context);
    const applied = await initDatabase(project, { create: false, onWait });
    if (format === 'text') await printMigrations(this.context, applied, project);
    const recountedTotals = await repairTotals(project);
    if (format === 'json')
      await printJson(this.context, { database: project.config.database.name, applied, recountedTotals });
    else if (recountedTotals > 0) printLine(this.context, `${counted(recountedTotals, 'total')} counted again`);
    return 0;
  }
}
