import { Command } from 'clipanion';
import { ProjectCommand } from '../command.ts';

/** `carbonation db init` */
export class DbInitCommand extends ProjectCommand {
  static override paths = [['db', 'init']];
  static override usage = Command.Usage({
    description: 'create the tables of the core and of the plugin',
    details: `
      Applies all migrations, first the core's, then the plugin's. Creates the database if it does not exist; on a server
      the user needs the right to do so. A second call does nothing.
    `,
    examples: [['The database of the config in the current directory', '$0 db init']],
  });

  async perform(): Promise<number> {
    const project = await this.openProject();
    const { initDatabase } = await import('../../api/database.ts');
    const { printMigrations, sayThatItWaits } = await import('../migrations.ts');
    const onWait = sayThatItWaits(this.context);
    await printMigrations(this.context, await initDatabase(project, { create: true, onWait }), project);
    return 0;
  }
}
