import { resolve } from 'node:path';
import { Command, Option } from 'clipanion';
import type { RulesComparison, RuleEffect } from '../../api/check-rules.ts';
import { printable } from '../../core/printable.ts';
import { formatOption, ProjectCommand } from '../command.ts';
import { counted, paintFor, printJson, printLine, table, type Paint } from '../print.ts';
import { fitsTerminal } from '../screen.ts';

/** `carbonation check rules FILE` */
export class CheckRulesCommand extends ProjectCommand {
  static override paths = [['check', 'rules']];
  static override usage = Command.Usage({
    description: 'try a rules file on the groups in the database',
    details: `
      Decides again about every group that is complete or was not selected, by the rules of FILE. Shows what would be
      different: newly accepted, newly rejected, rerouted, without an archive, or undecided because a plugin function
      gives no answer; with the old and the new decision and the rule that decided. Plugin functions get the whole
      metadata. Nothing is changed.
    `,
    examples: [
      ['Before you exchange the rules', '$0 check rules rules.new.toml'],
      ['Every group, for a program', '$0 check rules rules.new.toml --all --format json'],
    ],
  });

  file = Option.String({ name: 'FILE' });
  all = Option.Boolean('--all', false, { description: 'also list the groups that would stay as they are' });
  format = formatOption();

  async perform(): Promise<number> {
    const format = this.checkFormat(this.format);
    const project = await this.openProject();
    const { compareRules, loadCandidate } = await import('../../api/check-rules.ts');
    const candidate = await loadCandidate(resolve(this.context.cwd, this.file), project);
    const comparison = await this.withStore(project, ({ sql }) =>
      compareRules(sql, project, candidate, { all: this.all }),
    );
    if (format === 'json') await printJson(this.context, comparison);
    else await this.#print(comparison);
    return 0;
  }

  async #print({ counts, groups, skipped, warnings }: RulesComparison): Promise<void> {
    const paint = await paintFor(this.context.stdout, this.context.env);
    for (const warning of warnings) this.context.stderr.write(`${paint.yellow(printable(warning))}\n`);
    const rows = groups.map((group) => [group.watchName, group.groupKey, group.change, oldText(group), newText(group)]);
    const whole = table(['watch', 'group', 'change', 'old', 'new'], rows, paint);
    // Cut to a terminal, its columns would not say which rule decided.
    const shown = fitsTerminal(whole, this.context.stdout)
      ? whole
      : groups.map((one) => effectText(one, paint)).join('\n');
    if (shown !== '') printLine(this.context, `${shown}\n`);
    const parts = Object.entries(counts).map(([change, count]) => `${count.toLocaleString('en')} ${change}`);
    const left = skipped === 0 ? '' : `; ${counted(skipped, 'group')} of watches that are not configured left out`;
    printLine(this.context, `nothing was changed: ${parts.join(', ')}${left}`);
  }
}

function effectText(group: RuleEffect, paint: Paint): string {
  const name = paint.bold(printable(`${group.watchName}/${group.groupKey}`));
  return [`${name} ${group.change}`, `  old  ${printable(oldText(group))}`, `  new  ${printable(newText(group))}`].join(
    '\n',
  );
}

function oldText({ old }: RuleEffect): string {
  return `${old.archive ?? 'no archive'} (${old.by})`;
}

function newText(effect: RuleEffect): string {
  return `${effect.new.archive ?? 'no archive'} (${effect.new.by})`;
}
