import { Command } from 'clipanion';
import { systemClock } from '../../core/clock.ts';
import { GroupCommand, type OpenGroup } from '../group-command.ts';
import { paintFor, printJson, printLine, withMoments } from '../print.ts';

/** `carbonation why GROUP` */
export class WhyCommand extends GroupCommand {
  static override paths = [['why']];
  static override usage = Command.Usage({
    description: 'say in plain sentences why a group is where it is, what it waits for, and what you can do',
    details: `
      GROUP is the exact key of a group, also as WATCH/KEY, or the path of a file, delivered or archived. Shows the state
      of the group and since when; the reason, with the verdict of each rule and the values it saw, and whether those
      rules are still in force; what it waits for, until when and what happens then; and the commands that help.
      Everything is read from the database, also for groups decided under older rules; the service need not run.
    `,
    examples: [
      ['Why a group is not archived', '$0 why pass_0042'],
      ['Why a file has been left in delivery', '$0 why delivery/pass_0042.nc'],
      ['Where an archived file came from', '$0 why archive/alpha/20260101/pass_0042.nc'],
      ['For a program', '$0 why --format json pass_0042'],
    ],
  });

  protected async tell({ store, group, project }: OpenGroup, isJson: boolean): Promise<void> {
    const [{ readWhy }, { whyText }] = await Promise.all([
      import('../../audit/index.ts'),
      import('../audit-report.ts'),
    ]);
    const now = systemClock.now();
    const found = await readWhy(store, group, project, now);
    const report = { ...found, actions: this.advised(found.actions) };
    if (isJson) await printJson(this.context, withMoments(report));
    else printLine(this.context, whyText(report, now, await paintFor(this.context.stdout, this.context.env)));
  }
}
