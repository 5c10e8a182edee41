import { Command } from 'clipanion';
import { ProjectCommand } from '../command.ts';
import { counted, printLine } from '../print.ts';

/** `carbonation db upgrade` */
export class DbUpgradeCommand extends ProjectCommand {
  static override paths = [['db', 'upgrade']];
  static override usage = Command.Usage({
    description: 'upgrade the tables to this version and to the plugin',
    details: `
      Applies the pending migrations to an existing database, first the core's, then the plugin's. Stop the service and
      back up the database first. If \`db status\` says that the totals of \`status\` are wrong, this counts them again.
    `,
    examples: [['After a new version or a new plugin migration', '$0 db upgrade']],
  });

  async perform(): Promise<number> {
    const project = await this.openProject();
    const { initDatabase, repairTotals } = await import('../../api/database.ts');
    const { printMigrations, sayThatItWaits } = await import('../migrations.ts');
    const onWait = sayThatItWaits(this.context);
    await printMigrations(this.context, await initDatabase(project, { create: false, onWait }), project);
    const wrong = await repairTotals(project);
    if (wrong > 0) printLine(this.context, `${counted(wrong, 'total')} counted again`);
    return 0;
  }
}
