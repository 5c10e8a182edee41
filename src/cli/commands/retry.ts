import { Command, Option } from 'clipanion';
import { formatOption, ProjectCommand } from '../command.ts';
import { counted, printJson, printLine } from '../print.ts';

const statuses = ['failed', 'integrity_failed', 'timed_out', 'not_selected'] as const;

/** `carbonation retry` */
export class RetryCommand extends ProjectCommand {
  static override paths = [['retry']];
  static override usage = Command.Usage({
    description: 'have groups tried again that came to rest without being archived',
    details: `
      The groups are due now: a running service takes them up within \`poll_interval\`, otherwise the next \`run\` does. Their
      count of tries starts again. Without \`--status\`: the failed ones.
    `,
    examples: [
      ['Everything that failed', '$0 retry'],
      ['One group of one watch', '$0 retry --watch-name incoming --group-key pass_0042'],
      ['What was given up as incomplete', '$0 retry --status timed_out'],
    ],
  });

  watchName = Option.String('--watch-name', { description: 'only groups of this watch' });
  groupKey = Option.String('--group-key', { description: 'only this group' });
  status = Option.String('--status', 'failed', { description: `${statuses.join(', ')} (default: failed)` });
  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const status = statuses.find((known) => known === this.status);
    if (status === undefined) throw this.usage(`--status must be one of ${statuses.join(', ')}, not "${this.status}"`);
    const project = await this.openProject();
    const { openStore } = await import('../../api/database.ts');
    const { store, close } = await openStore(project);
    try {
      const filter = { state: status, watchName: this.watchName ?? null, groupKey: this.groupKey ?? null };
      const groups = await store.requestRetry(filter, Date.now());
      if (format === 'json') await printJson(this.context, { groups });
      else printLine(this.context, groups === 0 ? 'no such groups' : `${counted(groups, 'group')} to be tried again`);
      return 0;
    } finally {
      await close();
    }
  }
}
