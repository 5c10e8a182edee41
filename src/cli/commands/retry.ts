import { Command, Option } from 'clipanion';
import { systemClock } from '../../core/clock.ts';
import { unknownName } from '../../config/suggest.ts';
import type { Condition, QueryRow } from '../../store/read/query.ts';
import type { Sql } from '../../store/database/sql.ts';
import { formatOption, ProjectCommand, type Format } from '../command.ts';
import { counted, paintFor, printJson, printLine } from '../print.ts';
import { retriedUsually, retryStatuses } from '../retry-statuses.ts';

/** The most groups that `--dry-run` lists. */
const shownGroups = 1000;

/** `carbonation retry` */
export class RetryCommand extends ProjectCommand {
  static override paths = [['retry']];
  static override usage = Command.Usage({
    description: 'try groups again that came to rest without being archived, or that wait for another try',
    details: `
      The groups become due now: a running service processes them within \`poll_interval\`, otherwise the next \`run\` does.
      Their count of tries starts again. Without \`--status\`: groups that have failed, and groups that wait for another
      try. \`--dry-run\` lists the groups of that moment; the retry itself looks again, and takes the groups that are in
      these states then. \`--status integrity_failed\` also checks the failed files of waiting groups again.
    `,
    examples: [
      ['Everything that failed', '$0 retry'],
      ['One group of one watch', '$0 retry --watch-name incoming --group-key pass_0042'],
      ['Only show these groups', '$0 retry --dry-run'],
      ['What was given up as incomplete', '$0 retry --status timed_out'],
    ],
  });

  watchName = Option.Array('--watch-name', [], { description: 'only groups of this watch; repeatable' });
  groupKey = Option.Array('--group-key', [], { description: 'only this group; % stands for any text; repeatable' });
  status = Option.Array('--status', {
    description: `${retryStatuses.join(', ')} (default: ${retriedUsually.join(', ')}); repeatable`,
  });
  exact = Option.Boolean('--exact', false, { description: '% in a name or key is an ordinary character' });
  dryRun = Option.Boolean('--dry-run', false, { description: 'only show the groups, and why they stopped' });
  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const states = this.#states();
    const project = await this.viewProject();
    const watches = project.config.watches.map(({ name }) => name);
    this.#checkWatches(watches);
    const [{ buildConditions }, { inStates, literally }, { countFiles }] = await Promise.all([
      import('../../api/query.ts'),
      import('../../api/retry-conditions.ts'),
      import('../../store/read/query.ts'),
    ]);
    const named = buildConditions(
      {
        ...(this.watchName.length > 0 && { watch_name: this.watchName }),
        ...(this.groupKey.length > 0 && { group_key: this.groupKey }),
      },
      {},
    );
    const conditions: readonly Condition[] = [
      inStates(states),
      // Nobody works on groups of a watch that is no longer in config.toml.
      ...buildConditions({ watch_name: watches }, {}).map(literally),
      ...named.map((one) => (this.exact ? literally(one) : one)),
    ];
    return this.withStore(project, async (store) => {
      if (this.dryRun) return this.#show(store.sql, conditions, format, await countFiles(store.sql, conditions));
      const groups = await store.markDue(conditions, systemClock.now());
      if (format === 'json') await printJson(this.context, { groups, dryRun: false });
      else printLine(this.context, groups === 0 ? 'no such groups' : `${counted(groups, 'group')} to be tried again`);
      return 0;
    });
  }

  #states(): readonly string[] {
    const wanted = this.status ?? retriedUsually;
    const wrong = wanted.find((one) => !retryStatuses.some((known) => known === one));
    if (wrong === undefined) return wanted;
    throw this.usage(`--status must be one of ${retryStatuses.join(', ')}, not "${wrong}"`);
  }

  #checkWatches(known: readonly string[]): void {
    const wrong = this.watchName.find((name) => (this.exact || !name.includes('%')) && !known.includes(name));
    if (wrong !== undefined) throw unknownName('watch', wrong, known);
  }

  async #show(sql: Sql, conditions: readonly Condition[], format: Format, groups: number): Promise<number> {
    const [{ filePages }, { selectColumns, parseOrder }, { Output, writeTable }] = await Promise.all([
      import('../../store/read/file-pages.ts'),
      import('../../api/query.ts'),
      import('../query-output.ts'),
    ]);
    const columns = selectColumns(['watch_name', 'group_key', 'state', 'state_since', 'reason'], {});
    const pages = filePages(sql, { conditions, columns, ...parseOrder('id', {}), limit: shownGroups });
    if (format === 'json') {
      const list = await collected(pages);
      await printJson(this.context, { groups, dryRun: true, list });
      return 0;
    }
    const paint = await paintFor(this.context.stdout, this.context.env);
    const shown = await writeTable(new Output(this.context.stdout), columns, pages, paint);
    if (shown < groups) printLine(this.context, `and ${counted(groups - shown, 'other group', 'other groups')}`);
    printLine(
      this.context,
      groups === 0
        ? 'no such groups'
        : `dry run, nothing was changed: ${counted(groups, 'group')} would be tried again`,
    );
    return 0;
  }
}

async function collected(pages: AsyncIterable<readonly QueryRow[]>): Promise<readonly QueryRow[]> {
  const rows: QueryRow[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}
