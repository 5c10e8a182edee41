import { relative } from 'node:path';
import { Command, Option } from 'clipanion';
import { printable } from '../../core/printable.ts';
import { ProjectCommand } from '../command.ts';
import { paintFor, printLine } from '../print.ts';

/** `carbonation db revision` */
export class DbRevisionCommand extends ProjectCommand {
  static override paths = [['db', 'revision']];
  static override usage = Command.Usage({
    description: "write the next migration of the plugin's columns",
    details: `
      Writes a file with the next number into the plugin's migrations directory. With --autogenerate the file holds the
      differences between the plugin's model and the table files: columns to add, drop or alter, and indexes; only those
      of the plugin. Read it before you apply it: a renamed column is dropped and added. One file serves SQLite,
      PostgreSQL and MariaDB.
    `,
    examples: [
      ['What the model has changed', '$0 db revision -m "add the orbit" --autogenerate'],
      ['An empty one, to be filled by hand', '$0 db revision -m "index by day"'],
    ],
  });

  message = Option.String('-m,--message', { required: true, description: 'what changes; part of the file name' });
  autogenerate = Option.Boolean('--autogenerate', false, {
    description: "fill it with the difference between the plugin's model and the database",
  });

  async perform(): Promise<number> {
    if (this.message.trim() === '') throw this.usage('-m must say what changes');
    const project = await this.openProject();
    const { writeRevision } = await import('../../api/revision.ts');
    const { stepText } = await import('../../plugin/migration-text.ts');
    const revision = await writeRevision(project, { message: this.message, autogenerate: this.autogenerate });
    if (revision === null) {
      printLine(this.context, "nothing to do: the table files has what the plugin's model says");
      return 0;
    }
    const paint = await paintFor(this.context.stdout, this.context.env);
    const path = relative(this.context.cwd, revision.path);
    printLine(this.context, `${paint.green('CREATED')} ${printable(path)}`);
    for (const step of revision.steps) printLine(this.context, `  ${printable(stepText(step))}`);
    const dropped = revision.steps.flatMap((step) => (step.kind === 'dropColumn' ? [step.name] : []));
    if (dropped.length > 0) {
      printLine(this.context, paint.yellow(printable(`the values of ${dropped.join(', ')} will be lost`)));
    }
    printLine(this.context, 'read it, then run `carbonation db upgrade`');
    return 0;
  }
}
