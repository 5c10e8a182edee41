import { Command } from 'clipanion';
import { formatOption, ProjectCommand } from '../command.ts';
import { printJson } from '../print.ts';

/** `carbonation db init` */
export class DbInitCommand extends ProjectCommand {
  static override paths = [['db', 'init']];
  static override usage = Command.Usage({
    description: 'create the tables of the core and of the plugin',
    details: `
      Applies all migrations, first the core's, then the plugin's. Creates the database if it does not exist; on a server
      the user needs the right to do so. A second call does nothing.
    `,
    examples: [
      ['The database of the config in the current directory', '$0 db init'],
      ['For a program', '$0 db init --format json'],
    ],
  });

  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const project = await this.openProject();
    const { initDatabase } = await import('../../api/database.ts');
    const { printMigrations, sayThatItWaits } = await import('../migrations.ts');
    const onWait = sayThatItWaits(this.context);
    const applied = await initDatabase(project, { create: true, onWait });
    if (format === 'json') await printJson(this.context, { database: project.config.database.name, applied });
    else await printMigrations(this.context, applied, project);
    return 0;
  }
}
