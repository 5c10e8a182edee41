import { basename, dirname, resolve } from 'node:path';
import { alternatives, globFault } from '../core/index.ts';
import { toCarbonationError, type CarbonationError } from '../errors/index.ts';
import { compileTemplate } from '../rules/template.ts';
import { archiveRoot } from './destination.ts';
import { httpProblems } from './http.ts';
import { notifyProblems } from './notify.ts';
import type { KeyPath } from './key-path.ts';
import { problemsOf } from './problem.ts';
import { isTable, tablesOf } from './toml.ts';
import type { Problem } from './types.ts';
import { parseDuration } from './units.ts';
import { show } from './validate.ts';

type Data = Readonly<Record<string, unknown>>;

/**
 * What a JSON schema cannot say about config.toml. Works on data that may be invalid otherwise, so that every problem
 * is reported at once; and before defaults are put in, since it asks what was really written.
 */
export function configSemantics(data: Data, file: string, directory: string): Problem[] {
  return [
    ...nulProblems(data, file),
    ...duplicateNames(data, 'watch', file),
    ...duplicateNames(data, 'archive', file),
    ...globProblems(data, file),
    ...archiveProblems(data, file, directory),
    ...logFileProblems(data, file, directory),
    ...retryProblems(data, file),
    ...effectlessProblems(data, file),
    ...httpProblems(data, file),
    ...notifyProblems(data, file),
  ];
}

/** TOML can say it, no path can hold it, and PostgreSQL refuses it. */
function nulProblems(value: unknown, file: string, path: KeyPath = []): Problem[] {
  if (typeof value === 'string')
    return value.includes('\0') ? [problemsOf(file).error(path, 'expected a text without a NUL character')] : [];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => nulProblems(item, file, [...path, index]));
  if (!isTable(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => nulProblems(item, file, [...path, key]));
}

function duplicateNames(data: Data, key: 'watch' | 'archive', file: string): Problem[] {
  const first = new Map<unknown, number>();
  const problems: Problem[] = [];
  for (const [index, { name }] of tablesOf(data[key])) {
    const earlier = first.get(name);
    if (typeof name !== 'string') continue;
    if (earlier === undefined) first.set(name, index);
    else
      problems.push(
        problemsOf(file).error([key, index, 'name'], `${show(name)} is the name of ${key}[${earlier}] too`),
      );
  }
  return problems;
}

function globProblems(data: Data, file: string): Problem[] {
  return tablesOf(data['watch']).flatMap(([index, watch]) =>
    ['patterns', 'ignore_patterns'].flatMap((key) => {
      const globs: unknown = watch[key];
      if (!Array.isArray(globs)) return [];
      return globs.flatMap((glob: unknown, at) => {
        // An empty text is refused by the schema.
        if (typeof glob !== 'string' || glob === '') return [];
        const [fault, place] = [globFault(glob), ['watch', index, key, at]];
        if (fault !== null) return [problemsOf(file).error(place, fault)];
        const doubt = doubtOf(glob);
        return doubt === null ? [] : [problemsOf(file).warning(place, doubt)];
      });
    }),
  );
}

/** What a glob hardly means; null: nothing. */
function doubtOf(glob: string): string | null {
  if (isOfPaths(glob)) return 'matches nothing: globs are on the file name, which has no "/"';
  return /(?<!\\)\|/.test(glob) ? '"|" stands for itself: write a glob for each, or {one,other}' : null;
}

/** Whether a glob has a "/" that a name without one cannot do without. */
function isOfPaths(glob: string): boolean {
  return alternatives(glob).every((one) => one.replaceAll(/^(?:\*\*\/|\.\/)+|\/\*\*$/g, '').includes('/'));
}

function archiveProblems(data: Data, file: string, directory: string): Problem[] {
  const make = problemsOf(file);
  return tablesOf(data['archive']).flatMap(([index, archive]) => {
    const problems: Problem[] = [];
    const { destination, base_path: basePath, action } = archive;
    if (typeof destination === 'string' && (basePath === undefined || typeof basePath === 'string')) {
      const root = archiveRoot(destination, basePath, directory);
      if (!root.ok) problems.push(make.error(['archive', index, root.key], root.reason));
    }
    const fault = typeof destination === 'string' ? templateFault(destination) : null;
    if (fault !== null) problems.push(make.error(['archive', index, 'destination'], fault.message, fault.remedy));
    if ('file_mode' in archive && (action === 'hardlink' || action === 'symlink')) {
      const message = `has no effect with action = ${show(action)}`;
      problems.push(make.warning(['archive', index, 'file_mode'], message, 'remove it'));
    }
    return problems;
  });
}

/** Why a text is no template; null: it is one. */
function templateFault(text: string): CarbonationError | null {
  try {
    compileTemplate(text);
    return null;
  } catch (error) {
    return toCarbonationError(error);
  }
}

/** What names and paths have at most on the usual file systems, in bytes. */
const longest = { name: 255, path: 4095 } as const;
/** What comes to the name of a log file: its number, `.log` maybe, and what makes the link to the newest, the id of the process. */
const rotatedBytes = 15;

/** What no file system takes, or what rotates the log: it refuses paths that Windows could not have, wherever they are. */
function logFileProblems({ logging }: Data, file: string, directory: string): Problem[] {
  const name = isTable(logging) ? logging['file'] : undefined;
  if (typeof name !== 'string') return [];
  const path = resolve(directory, name);
  const found = /[<>"|?*]/.exec(path);
  const message =
    found === null ? tooLong(path) : `the path of a log file cannot hold a ${show(found[0])}, nor can its directory`;
  return message === null ? [] : [problemsOf(file).error(['logging', 'file'], message)];
}

/** That the path of a log file is too long, in words; null: it is not. */
function tooLong(path: string): string | null {
  const most = longest.name - rotatedBytes;
  const bytes = Buffer.byteLength(basename(path));
  if (bytes > most)
    return `the name of a log file has at most ${most} bytes, since numbers come to it; this one has ${bytes}`;
  const directories = dirname(path)
    .split('/')
    .map((part) => Buffer.byteLength(part));
  const widest = Math.max(...directories);
  if (widest > longest.name) return `the name of a directory has at most ${longest.name} bytes; one has ${widest}`;
  const [whole, mostWhole] = [Buffer.byteLength(path), longest.path - rotatedBytes];
  return whole > mostWhole ? `the path of a log file has at most ${mostWhole} bytes; this one has ${whole}` : null;
}

/** Keys that the Python service heeds: what they ask for is not done here, or always. */
function effectlessProblems({ service, database }: Data, file: string): Problem[] {
  const make = problemsOf(file);
  const problems: Problem[] = [];
  if (isTable(service) && 'stats_recompute_every' in service) {
    const message = 'has no effect: the totals are kept right with every change';
    problems.push(make.warning(['service', 'stats_recompute_every'], message, 'remove it'));
  }
  if (isTable(database) && database['echo'] === true)
    problems.push(make.warning(['database', 'echo'], 'has no effect: SQL statements are not logged', 'remove it'));
  return problems;
}

function retryProblems(data: Data, file: string): Problem[] {
  const service = isTable(data['service']) ? data['service'] : {};
  const { retry_delay: delay, retry_max_delay: longest } = service;
  if (typeof delay !== 'string' || service['retry_backoff'] !== 'exponential') return [];
  const first = parseDuration(delay);
  const limit = parseDuration(typeof longest === 'string' ? longest : '1d');
  if (!first.ok || !limit.ok || first.value <= limit.value) return [];
  return [problemsOf(file).warning(['service', 'retry_delay'], 'is longer than retry_max_delay, which limits it')];
}
