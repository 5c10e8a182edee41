import { Command } from 'clipanion';
import { ProjectCommand } from '../command.ts';

/** `carbonation db init` */
export class DbInitCommand extends ProjectCommand {
  static override paths = [['db', 'init']];
  static override usage = Command.Usage({
    description: 'make the tables of the core and of the plugin',
    details: `
      Applies all migrations, the core's and then the plugin's. A database that does not exist is made first; on a server
      only if the user may make one. Run again, it has nothing to do.
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
