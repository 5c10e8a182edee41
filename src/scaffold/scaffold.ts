import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ownEnding, packageRoot } from '../core/index.ts';
import { makeDirectories, writeNewFile } from '../core/new-file.ts';
import { CarbonationError, messageOf, systemCode, toCarbonationError } from '../errors/index.ts';
import { fillUnit } from './unit-file.ts';

/** What to write, and where. */
export interface ScaffoldOptions {
  /** Where config.toml goes; made when it does not exist. A relative path starts at the working directory. */
  readonly directory: string;
  /** Also write carbonation.service. */
  readonly systemd: boolean;
  /** The user that the service runs as; null: the current one. Used with `systemd` only. */
  readonly user: string | null;
}

/** One file of the scaffold, or the delivery directory. */
export interface ScaffoldEntry {
  /** Relative to the directory; a directory ends with a slash. */
  readonly path: string;
  /** `skipped`: something of this name was there, and was left as it was. */
  readonly outcome: 'created' | 'skipped';
}

/** The library's modules, whatever runs. */
const modules = join(packageRoot, ownEnding === '.ts' ? '' : 'dist', 'src');
const templates = join(modules, 'scaffold/templates');
const pluginTemplate = join(packageRoot, 'plugin-template');

/** Never part of a fresh plugin, should someone have installed something in the template. */
const leftOut = new Set(['node_modules', 'package-lock.json']);

/**
 * Writes config.toml, rules.toml, the plugin package `my_plugin/`, the directory
 * `delivery/` and, if wanted, carbonation.service. Whatever exists is left alone.
 *
 * @returns What was written and what was skipped, in a stable order.
 * @throws CarbonationError SCAFFOLD_FAILED when a file cannot be written; USAGE for an impossible `user`.
 */
export async function scaffold(options: ScaffoldOptions): Promise<ScaffoldEntry[]> {
  const directory = resolve(options.directory);
  try {
    const files = await filesOf(directory, options);
    const entries: ScaffoldEntry[] = [];
    for (const [path, content] of files) entries.push(await writeNew(directory, path, content));
    entries.push(await makeNew(directory, 'delivery'));
    return entries;
  } catch (thrown) {
    throw toCarbonationError(thrown, 'SCAFFOLD_FAILED');
  }
}

/** Everything to write, with its content, before anything is written. */
async function filesOf(directory: string, { systemd, user }: ScaffoldOptions): Promise<[string, string][]> {
  const template = (name: string): Promise<string> => readFile(join(templates, name), 'utf8');
  const files: [string, string][] = [
    ['config.toml', withSchema('config', await template('config.toml'), directory)],
    ['rules.toml', withSchema('rules', await template('rules.toml'), directory)],
  ];
  for (const path of await filesBelow(pluginTemplate)) {
    files.push([join('my_plugin', relative(pluginTemplate, path)), adapted(path, await readFile(path, 'utf8'))]);
  }
  if (systemd) {
    const unit = fillUnit(await template('carbonation.service'), {
      user: user ?? currentUser(),
      directory,
      node: process.execPath,
      program: join(packageRoot, 'bin', 'carbonation.js'),
      config: join(directory, 'config.toml'),
    });
    files.push(['carbonation.service', unit]);
  }
  return files;
}

/**
 * The file with the line that tells editors its schema: by a path where carbonation is installed beside it, which moves along
 * with the project, otherwise by a URL.
 */
function withSchema(name: 'config' | 'rules', content: string, directory: string): string {
  const file = `schemas/${name}.schema.json`;
  const local = `node_modules/carbonation/${file}`;
  const url = existsSync(join(directory, local)) ? `./${local}` : pathToFileURL(join(packageRoot, file)).href;
  return `#:schema ${url}\n${content}`;
}

/** What the template's `npm test` finds carbonation by; a scaffolded plugin is elsewhere. */
const templateRegister = '../src/testing/register.ts';

function adapted(path: string, content: string): string {
  if (path !== join(pluginTemplate, 'package.json')) return content;
  const register = pathToFileURL(join(modules, `testing/register${ownEnding}`));
  // A shell reads it: whatever means something to one is written as %XX.
  const url = register.href.replaceAll(
    /[^\w./:%~@+,=-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return content.replace(templateRegister, url);
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !relative(directory, path)
          .split(sep)
          .some((part) => leftOut.has(part)),
    )
    .toSorted();
}

function currentUser(): string {
  try {
    return userInfo().username;
  } catch (thrown) {
    throw new CarbonationError('SCAFFOLD_FAILED', `the current user has no name: ${messageOf(thrown)}`, {
      cause: thrown,
      remedy: 'name the user of the service with `--user`',
    });
  }
}

async function writeNew(directory: string, path: string, content: string): Promise<ScaffoldEntry> {
  const target = join(directory, path);
  await makeDirectories(dirname(target)).catch((cause: unknown) => {
    throw noDirectory(dirname(target), cause);
  });
  return { path, outcome: await outcomeOf(target, writeNewFile(target, content)) };
}

function noDirectory(path: string, cause: unknown): CarbonationError {
  const isTaken = ['EEXIST', 'ENOTDIR'].includes(systemCode(cause) ?? '');
  const reason = isTaken ? 'something else than a directory is in its place' : messageOf(cause);
  return new CarbonationError('SCAFFOLD_FAILED', `the directory ${path} cannot be made: ${reason}`, {
    cause,
    ...(isTaken && { remedy: 'move that away, or name another directory with `--dir`' }),
  });
}

async function makeNew(directory: string, name: string): Promise<ScaffoldEntry> {
  const target = join(directory, name);
  return { path: `${name}/`, outcome: await outcomeOf(target, mkdir(target)) };
}

/** The file system decides whether something exists, at the moment of writing. */
async function outcomeOf(path: string, writing: Promise<void>): Promise<ScaffoldEntry['outcome']> {
  try {
    await writing;
    return 'created';
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return 'skipped';
    // A full disk does not say which.
    throw new CarbonationError('SCAFFOLD_FAILED', `${path} cannot be written: ${messageOf(thrown)}`, { cause: thrown });
  }
}
