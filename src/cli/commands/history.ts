import { Command } from 'clipanion';
import { systemClock } from '../../core/clock.ts';
import { GroupCommand, type OpenGroup } from '../group-command.ts';
import { paintFor, printJson, printLine, withMoments } from '../print.ts';

/** `carbonation history GROUP` */
export class HistoryCommand extends GroupCommand {
  static override paths = [['history']];
  static override usage = Command.Usage({
    description: 'show every step of a group, what decided it, and its files with their hashes',
    details: `
      GROUP is the exact key of a group, also as WATCH/KEY, or the path of a file, delivered or archived. Shows every
      transition with its time, how long the group stayed, the event, what the rules said and the values they saw,
      failures, rules version, attempt, revision and host. Then each file with its size, SHA-256, source and archive path,
      and the copies of former revisions. Everything is read from the database; the service need not run.
    `,
    examples: [
      ['What happened to a group', '$0 history pass_0042'],
      ['Of one of several watches', '$0 history --watch-name incoming pass_0042'],
      ['By one of its files, for a program', '$0 history --format json delivery/pass_0042.nc'],
    ],
  });

  protected async tell({ store, group }: OpenGroup, isJson: boolean): Promise<void> {
    const [{ readHistory }, { historyText }] = await Promise.all([
      import('../../audit/index.ts'),
      import('../audit-report.ts'),
    ]);
    const history = await readHistory(store.sql, group);
    if (isJson) await printJson(this.context, withMoments(history));
    else
      printLine(
        this.context,
        historyText(history, systemClock.now(), await paintFor(this.context.stdout, this.context.env)),
      );
  }
}
