import { describeFilters, otherFlags, type FilterDescription, type Filters } from '../api/query.ts';
import { parseAge, parseDateRange } from '../api/moments.ts';
import { checkValue } from '../api/query-values.ts';
import { nearest } from '../config/suggest.ts';
import type { ColumnSpecs } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';

/** The formats of a list of rows, and that of the checksums of their files. */
export const queryFormats = ['table', 'json', 'csv', 'sha256sum'] as const;

/** What the arguments of `query files` ask for. */
export interface QueryArguments {
  readonly filters: Filters;
  readonly format: (typeof queryFormats)[number];
  readonly limit: number | null;
  readonly count: boolean;
  readonly columns: readonly string[] | null;
  readonly orderBy: string | null;
}

const help = 'see `carbonation query files --help`';
const valueFlags = ['--format', '--limit', '--columns', '--order-by'] as const;

/** Whether a value follows an option that is no filter. */
export function takesValue(flag: string): boolean {
  return valueFlags.some((known) => known === flag);
}

/** An option and its value; null: it takes none. */
interface Given {
  readonly flag: string;
  readonly value: string | null;
}

/**
 * Reads the arguments of `query files`; which filters there are follows from the plugin's columns.
 *
 * @param now What `--age` counts from, ms since 1970.
 * @throws CarbonationError USAGE, with the nearest known option
 */
export function parseQueryArguments(argv: readonly string[], columns: ColumnSpecs, now: number): QueryArguments {
  const filters = new Map(describeFilters(columns).map((filter) => [filter.flag, filter]));
  const given = splitArguments(argv, filters);
  const last = (flag: string): string | null => given.findLast((one) => one.flag === flag)?.value ?? null;
  const format = queryFormats.find((known) => known === (last('--format') ?? 'table'));
  if (format === undefined) throw badFormat(last('--format') ?? '');
  const limit = last('--limit');
  if (limit !== null && !/^\d{1,15}$/.test(limit))
    throw usage(`--limit: "${limit}" is not a whole number of 0 or more`);
  const columnList = last('--columns');
  if (columnList !== null && format === 'sha256sum') {
    throw usage(
      '--columns: `--format sha256sum` has a checksum and a path, and nothing else',
      'leave out one of the two',
    );
  }
  return {
    filters: collectFilters(given, filters, now),
    format,
    limit: limit === null ? null : Number(limit),
    count: given.some(({ flag }) => flag === '--count'),
    columns: columnList === null ? null : columnList.split(',').flatMap((name) => name.trim() || []),
    orderBy: last('--order-by'),
  };
}

function splitArguments(argv: readonly string[], filters: ReadonlyMap<string, FilterDescription>): readonly Given[] {
  const given: Given[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    if (!word.startsWith('--')) throw usage(`\`query files\` takes no argument "${word}"`);
    const equals = word.indexOf('=');
    // Columns are written with `_`, options with `-`: either is understood.
    const flag = (equals === -1 ? word : word.slice(0, equals)).replaceAll('_', '-');
    const inline = equals === -1 ? null : word.slice(equals + 1);
    if (takesNoValue(flag, filters)) {
      if (inline !== null) throw usage(`${flag} takes no value`);
      given.push({ flag, value: null });
    } else {
      if (!filters.has(flag) && !takesValue(flag)) throw unknownFlag(flag, filters);
      const value = inline ?? argv[(i += 1)];
      if (value === undefined) throw usage(`the option ${flag} needs a value`);
      given.push({ flag, value });
    }
  }
  return given;
}

function takesNoValue(flag: string, filters: ReadonlyMap<string, FilterDescription>): boolean {
  return flag === '--count' || filters.get(flag.replace(/^--no-/, '--'))?.kind === 'boolean';
}

function collectFilters(given: readonly Given[], known: ReadonlyMap<string, FilterDescription>, now: number): Filters {
  const filters: Record<string, unknown> = {};
  for (const { flag, value } of given) {
    const filter = known.get(flag) ?? known.get(flag.replace(/^--no-/, '--'));
    if (filter === undefined) continue;
    const text = value ?? '';
    checkText(text, flag, filter);
    if (filter.kind === 'boolean') filters[filter.key] = known.has(flag);
    else if (filter.kind === 'daterange') {
      const { from, to } = parseDateRange(text, flag);
      filters[filter.key] = [from === null ? null : new Date(from), to === null ? null : new Date(to)];
    } else if (filter.kind === 'age') filters[filter.key] = new Date(parseAge(text, flag, now));
    else if (filter.kind === 'equal') {
      const before = filters[filter.key];
      filters[filter.key] = [...(Array.isArray(before) ? before : []), text];
    } else filters[filter.key] = text;
  }
  return filters;
}

/** Refuses a text that the column cannot hold, in the words of the command: the query would name its own keys. */
function checkText(text: string, flag: string, { kind, column, type }: FilterDescription): void {
  if (kind === 'boolean' || column === null || type === null) return;
  checkValue(text, { name: column, type, nullable: true }, flag);
}

function unknownFlag(flag: string, filters: ReadonlyMap<string, FilterDescription>): CarbonationError {
  const near = nearest(flag, [...otherFlags, ...filters.keys()]);
  return usage(`\`query files\` has no option ${flag}`, near === null ? help : `did you mean ${near}? ${help}`);
}

function badFormat(text: string): CarbonationError {
  const near = nearest(text, queryFormats);
  const known = `--format takes ${queryFormats.join(', ')}`;
  return usage(`there is no format "${text}"`, near === null ? known : `did you mean ${near}? ${known}`);
}

function usage(message: string, remedy = help): CarbonationError {
  return new CarbonationError('USAGE', message, { remedy });
}

/** The options as lines of help; the plugin's apart. */
export function filterHelp(columns: ColumnSpecs): {
  readonly core: readonly string[];
  readonly plugin: readonly string[];
} {
  const described = describeFilters(columns);
  const lines = (isPlugin: boolean) =>
    described.filter((one) => one.isPlugin === isPlugin).map((one) => helpLine(optionName(one), one.description));
  return { core: lines(false), plugin: lines(true) };
}

/** One option and what it does. */
export function helpLine(option: string, description: string): string {
  return `  ${option.padEnd(30)}  ${description}`;
}

function optionName({ flag, kind, type }: FilterDescription): string {
  switch (kind) {
    case 'boolean':
      return `--[no-]${flag.slice(2)}`;
    case 'daterange':
      return `${flag} A/B`;
    case 'age':
      return `${flag} DURATION`;
    case 'after':
    case 'before':
      return `${flag} DATE`;
    case 'equal':
    case 'min':
    case 'max':
      return `${flag} ${type === 'text' ? 'TEXT' : 'NUMBER'}`;
  }
}
