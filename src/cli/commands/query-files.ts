import { Command, Option } from 'clipanion';
import { systemClock } from '../../core/clock.ts';
import type { ColumnSpecs } from '../../core/index.ts';
import type { ViewedProject } from '../../api/project.ts';
import type { FileQuery } from '../../store/read/query.ts';
import type { Sql } from '../../store/database/sql.ts';
import { unknownName } from '../../config/suggest.ts';
import { counted } from '../../core/counted.ts';
import { printable } from '../../core/printable.ts';
import { messageOf } from '../../errors/index.ts';
import { ProjectCommand } from '../command.ts';
import { paintFor, printJson, printLine } from '../print.ts';
import type { QueryArguments } from '../query-arguments.ts';
import type { Output } from '../query-output.ts';

/** What a table shows of the core's columns unless others are asked for. */
const usualColumns = ['watch_name', 'group_key', 'state', 'created_at'];

/** `carbonation query files` */
export class QueryFilesCommand extends ProjectCommand {
  static override paths = [['query', 'files']];
  static override usage = Command.Usage({
    description: 'list the groups that match filters, also by the plugin’s columns',
    details: `
      Each column of the plugin is a filter: \`--COLUMN\` for a text (\`%\` stands for any text) or a number, \`--COLUMN-min\` and
      \`-max\` for numbers, \`-after\` and \`-before\` for dates, \`--[no-]COLUMN\` for true or false. \`carbonation query files --help\` lists them
      where there is a config. Dates are ISO 8601; without an offset they are UTC, without a time the beginning of the day.
    `,
    examples: [
      ['Of one category, the latest first', '$0 query files --category alpha --order-by -start --limit 50'],
      ['Data of January', '$0 query files --daterange 2026-01-01/2026-02-01'],
      ['How many groups failed', '$0 query files --state failed --count'],
      ['Everything, for another program', '$0 query files --format csv > export.csv'],
      ['Check archived files without carbonation', '$0 query files --format sha256sum | sha256sum --check --quiet'],
    ],
  });

  // Which options there are follows from the plugin: they are read when it is known.
  words = Option.Proxy();

  async perform(): Promise<number> {
    const { config, verbose, rest } = ownOptions(this.words);
    if (config !== null) this.config = config;
    this.verbose ||= verbose;
    if (rest.some((word) => word === '--help' || word === '-h')) return this.#help();
    const project = await this.viewProject();
    const { columns } = project.plugin.fileModel;
    const { parseQueryArguments } = await import('../query-arguments.ts');
    const wanted = parseQueryArguments(rest, columns, systemClock.now());
    const query = await buildWanted(wanted, project);
    return this.withStore(project, async ({ sql }) => {
      const code = await this.#print(sql, wanted, query);
      await this.#warnOfWatches(sql, wanted, project);
      return code;
    });
  }

  async #print(sql: Sql, wanted: QueryArguments, query: FileQuery): Promise<number> {
    if (wanted.count) {
      const { countFiles } = await import('../../store/read/query.ts');
      const count = await countFiles(sql, query.conditions);
      if (wanted.format === 'json') await printJson(this.context, { count });
      else printLine(this.context, wanted.format === 'csv' ? `count\n${count}` : String(count));
      return 0;
    }
    const [{ filePages, readSparingly }, { Output, writeCsv, writeJson, writeTable }, { collectEarly }] =
      await Promise.all([
        import('../../store/read/file-pages.ts'),
        import('../query-output.ts'),
        import('../memory.ts'),
      ]);
    // In a process of its own only: it is the whole process that it changes.
    if (this.context.stdout === process.stdout) collectEarly();
    await readSparingly(sql);
    const output = new Output(this.context.stdout);
    if (wanted.format === 'sha256sum') return this.#printChecksums(output, sql, query);
    const pages = filePages(sql, query);
    if (wanted.format === 'csv') await writeCsv(output, query.columns, pages);
    else if (wanted.format === 'json') await writeJson(output, pages);
    else {
      const paint = await paintFor(this.context.stdout, this.context.env);
      const shown = await writeTable(output, query.columns, pages, paint);
      if (shown === 0) this.context.stderr.write('no such groups\n');
      else if (wanted.limit === null && shown === query.limit) {
        this.context.stderr.write(`the first ${shown}; --limit shows more\n`);
      }
    }
    return 0;
  }

  /** Fails when a file would go unchecked without a word. */
  async #printChecksums(output: Output, sql: Sql, query: FileQuery): Promise<number> {
    const { archivedCopies } = await import('../../store/read/archived-copies.ts');
    const { writeChecksums } = await import('../checksum-list.ts');
    const { unknown, missed } = await writeChecksums(output, archivedCopies(sql, query));
    const leftOut = [
      ...(unknown === 0 ? [] : [`${counted(unknown, 'archived file')} without a checksum on record`]),
      ...(missed === 0 ? [] : [`${counted(missed, 'file')} missing or damaged in the archive`]),
    ];
    for (const what of leftOut) this.context.stderr.write(`left out: ${what}\n`);
    return leftOut.length === 0 ? 0 : 1;
  }

  /** A watch that is no longer configured still has its groups; one that has none either is a misspelt one. */
  async #warnOfWatches(sql: Sql, { filters }: QueryArguments, { config }: ViewedProject): Promise<void> {
    const configured = config.watches.map(({ name }) => name);
    const asked: readonly unknown[] = Array.isArray(filters['watch_name']) ? filters['watch_name'] : [];
    const names = [...new Set(asked.map(String))].filter((name) => !name.includes('%') && !configured.includes(name));
    if (names.length === 0) return;
    const { recordedWatches } = await import('../../store/read/history.ts');
    const known = [...new Set([...configured, ...(await recordedWatches(sql))])];
    for (const name of names.filter((one) => !known.includes(one))) {
      const { message, remedy } = unknownName('watch', name, known);
      this.context.stderr.write(`${printable(`${message}; ${remedy}`)}\n`);
    }
  }

  async #help(): Promise<number> {
    const { filterHelp, helpLine } = await import('../query-arguments.ts');
    let columns: ColumnSpecs = {};
    let missing: string | null = null;
    try {
      columns = await this.pluginColumns();
    } catch (thrown) {
      missing = messageOf(thrown);
    }
    const { core, plugin } = filterHelp(columns);
    const { description = '', examples = [] } = QueryFilesCommand.usage;
    const lines = [
      `carbonation query files: ${description}`,
      '',
      'Usage: carbonation query files [OPTIONS]',
      '',
      helpLine('--format FORMAT', 'table (default), json, csv; sha256sum: the archived files, for `sha256sum --check`'),
      helpLine('--limit NUMBER', 'at most this many rows'),
      helpLine('--count', 'only the number of rows'),
      helpLine('--columns A,B', 'which columns, in this order'),
      helpLine('--order-by [-]COLUMN', 'with - the largest first; rows without a value come last'),
      helpLine('-c, --config PATH', 'the config file (default: ./config.toml)'),
      helpLine('--verbose', 'say more, and where an error comes from'),
      '',
      'Filters:',
      ...core,
      '',
      'Filters by the plugin’s columns:',
      ...(missing === null ? plugin : [`  not known here: ${printable(missing)}`]),
      '',
      'Examples:',
      ...examples.flatMap(([what, line]) => [`  ${what}`, `    ${line.replace('$0', 'carbonation')}`]),
    ];
    printLine(this.context, lines.join('\n'));
    return 0;
  }
}

interface OwnOptions {
  readonly config: string | null;
  readonly verbose: boolean;
  readonly rest: readonly string[];
}

/** The options of every command; the parser leaves all words to this one. They may also stand before the command. */
function ownOptions(words: readonly string[]): OwnOptions {
  const isOwn = (word: string): boolean => word.startsWith('--config=') || word === '--verbose';
  return {
    config: words.findLast((word) => word.startsWith('--config='))?.slice('--config='.length) ?? null,
    verbose: words.includes('--verbose'),
    rest: words.filter((word) => !isOwn(word)),
  };
}

/** The query with the defaults of its format: a table is short and in the plugin's order, an export is everything. */
async function buildWanted(wanted: QueryArguments, { plugin }: ViewedProject): Promise<FileQuery> {
  const { buildQuery } = await import('../../api/query.ts');
  const { columns } = plugin.fileModel;
  const isTable = wanted.format === 'table';
  const { orderBy: usualOrder = '-created_at', limit: usualLimit } = plugin.queryDefaults;
  const limit = wanted.limit ?? (isTable ? usualLimit : undefined);
  const shown = wanted.columns ?? (isTable ? [...usualColumns, ...Object.keys(columns)] : undefined);
  // The order of ids costs nothing, however many rows there are.
  const orderBy = wanted.orderBy ?? (isTable || wanted.limit !== null ? usualOrder : 'id');
  return buildQuery(
    wanted.filters,
    { orderBy, ...(limit !== undefined && { limit }), ...(shown !== undefined && { columns: shown }) },
    columns,
  );
}
