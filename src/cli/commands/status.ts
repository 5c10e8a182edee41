import { Command } from 'clipanion';
import { formatOption, ProjectCommand } from '../command.ts';
import { paintFor, printJson, printLine } from '../print.ts';

/** `carbonation status` */
export class StatusCommand extends ProjectCommand {
  static override paths = [['status']];
  static override usage = Command.Usage({
    description: 'show how the service and the files are doing',
    details: `
      The service's heartbeat, files by status and time, totals of delivery and archive, what waits for another try, the
      oldest incomplete group, and the health of each watch directory. Everything is read from the database; the service
      need not run.
    `,
    examples: [
      ['At a glance', '$0 status'],
      ['For a monitoring system', '$0 status --format json'],
    ],
  });

  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const project = await this.openProject();
    const [{ openStore }, { readStatus }] = await Promise.all([
      import('../../api/database.ts'),
      import('../../store/reports.ts'),
    ]);
    const { store, close } = await openStore(project);
    try {
      const report = await readStatus(store.sql, Date.now());
      const { statusJson, statusText } = await import('../status-report.ts');
      if (format === 'json') await printJson(this.context, statusJson(report));
      else printLine(this.context, await statusText(report, await paintFor(this.context.stdout, this.context.env)));
      return 0;
    } finally {
      await close();
    }
  }
}
