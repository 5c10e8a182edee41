import { extname, resolve } from 'node:path';
import { Command, Option } from 'clipanion';
import type { ChartFormat, ChartName, Drawing } from '../../audit/index.ts';
import { writeWholeFile } from '../../core/new-file.ts';
import type { Sql } from '../../store/database/sql.ts';
import { CarbonationError, messageOf } from '../../errors/index.ts';
import { ProjectCommand } from '../command.ts';
import { printLine } from '../print.ts';

/** What the end of a file's name asks for. */
const formatOfEnd: Readonly<Record<string, ChartFormat>> = {
  '.svg': 'svg',
  '.mmd': 'mermaid',
  '.mermaid': 'mermaid',
  '.dot': 'dot',
  '.gv': 'dot',
  '.json': 'json',
};

/** `carbonation chart` */
export class ChartCommand extends ProjectCommand {
  static override paths = [['chart']];
  static override usage = Command.Usage({
    description:
      'draw a chart of the running code, with the way of one group, or with the number of groups on each way',
    details: `
      The charts are \`file-group\` (default), \`supervisor\` and \`watch\`. They are drawn from the program itself, without a
      browser or a network. \`--group\` marks the way of a group, with times, and its present state. \`--counts\` shows how
      many times groups took each transition, and how many groups are in each state: a heat map of a delivery source. A
      transition that leads from many states to the same one is drawn once; \`--all\` draws every transition by itself.
      Point at a state to read its meaning.
    `,
    examples: [
      ['The life of a group, to look at in a browser', '$0 chart --output file-group.svg'],
      ['The way of one group', '$0 chart --group pass_0042 --output pass_0042.svg'],
      ['Where the groups of one watch go', '$0 chart --counts --watch-name incoming --output incoming.svg'],
      ['For a wiki, or for a program', '$0 chart supervisor --format mermaid'],
    ],
  });

  chart = Option.String({ name: 'CHART', required: false });
  group = Option.String('--group', { description: 'mark the way of this group (key, or path of a file)' });
  watchName = Option.String('--watch-name', { description: 'the watch of the group, or whose groups are counted' });
  counts = Option.Boolean('--counts', false, { description: 'show how many times groups took each transition' });
  all = Option.Boolean('--all', false, { description: 'draw every transition by itself' });
  format = Option.String('--format', {
    description: '`svg` (default, or by the name of the output), `mermaid`, `dot`, `json`',
  });
  output = Option.String('-o,--output', { description: 'write to this file instead of stdout' });

  async perform(): Promise<number> {
    const audit = await import('../../audit/index.ts');
    const name = this.#known(this.chart ?? 'file-group', audit.chartNames, 'chart');
    const format = this.#format(audit.chartFormats);
    this.#check(name);
    const drawing = await this.#draw(name);
    const text = await audit.renderChart(drawing, format);
    if (this.output === undefined) this.context.stdout.write(text);
    else {
      this.#write(resolve(this.context.cwd, this.output), text);
      printLine(this.context, this.output);
    }
    return 0;
  }

  #known<Word extends string>(word: string, words: readonly Word[], what: string): Word {
    const found = words.find((one) => one === word);
    if (found !== undefined) return found;
    throw this.usage(`there is no ${what} "${word}"; there is: ${words.join(', ')}`);
  }

  #format(formats: readonly ChartFormat[]): ChartFormat {
    if (this.format !== undefined) return this.#known(this.format, formats, 'format');
    const end = extname(this.output ?? '');
    if (end === '') return 'svg';
    const format = formatOfEnd[end.toLowerCase()];
    if (format !== undefined) return format;
    const ends = Object.keys(formatOfEnd).join(', ');
    throw this.usage(`${end} is the end of no format, but ${ends}; for another name say which with --format`);
  }

  #check(name: ChartName): void {
    if (this.group !== undefined && this.counts) throw this.usage('--group and --counts exclude each other');
    if (this.group === undefined && !this.counts) {
      if (this.watchName !== undefined) throw this.usage('--watch-name needs --group or --counts');
    } else if (name !== 'file-group') {
      throw this.usage(`${this.counts ? '--counts' : '--group'} is of the chart file-group, not of ${name}`);
    }
  }

  async #draw(name: ChartName): Promise<Drawing> {
    const { drawChart } = await import('../../audit/index.ts');
    if (this.group === undefined && !this.counts) return drawChart(name, this);
    const project = await this.viewProject();
    const configured = project.config.watches.map((watch) => watch.name);
    const { group } = this;
    return this.withStore(project, ({ sql }) =>
      group === undefined ? this.#drawCounts(sql, configured) : this.#drawGroup(sql, configured, group),
    );
  }

  async #drawGroup(sql: Sql, configured: readonly string[], text: string): Promise<Drawing> {
    const { drawGroup, findGroup, readHistory } = await import('../../audit/index.ts');
    const path = resolve(this.context.cwd, text);
    const group = await findGroup(sql, { text, watchName: this.watchName ?? null, path, configured });
    return drawGroup(await readHistory(sql, group), this);
  }

  async #drawCounts(sql: Sql, configured: readonly string[]): Promise<Drawing> {
    const [{ drawCounts }, { groupsByState, recordedWatches, stepCounts }] = await Promise.all([
      import('../../audit/index.ts'),
      import('../../store/read/history.ts'),
    ]);
    const watchName = this.watchName ?? null;
    if (watchName !== null && !configured.includes(watchName)) {
      this.#known(watchName, [...new Set([...configured, ...(await recordedWatches(sql))])], 'watch');
    }
    return drawCounts(await stepCounts(sql, watchName), await groupsByState(sql, watchName), watchName, this);
  }

  #write(path: string, text: string): void {
    try {
      writeWholeFile(path, text);
    } catch (error) {
      throw new CarbonationError('OUTPUT_FAILED', `${path} cannot be written: ${messageOf(error)}`, { cause: error });
    }
  }
}
