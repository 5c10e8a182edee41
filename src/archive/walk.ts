import type { Dirent } from 'node:fs';
import { lstat, opendir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isTemporary, trialPrefix } from '../core/index.ts';
import { isGone, messageOf, systemCode } from '../errors/index.ts';

/** Some files of one directory of an archive. */
export interface ArchivePage {
  readonly directory: string;
  /** Names of files, and of links that lead to one. */
  readonly names: readonly string[];
  /** What could not be read, each with a reason. */
  readonly problems: readonly string[];
}

/** How an archive is walked. */
export interface WalkOptions {
  /** Directories that belong to somebody else. */
  readonly excluded: readonly string[];
  /** Names on a page. */
  readonly pageSize: number;
}

/**
 * Walks a directory, or gives the one file that the path is. Directories are
 * read as streams: a million names in one are never in memory together.
 * Temporary names are left out, links to directories are not followed.
 */
export async function* walkArchive(path: string, options: WalkOptions): AsyncGenerator<ArchivePage> {
  let start: Kind;
  try {
    start = await kindOf(path);
  } catch (error) {
    yield { directory: dirname(path), names: [], problems: [`${path}: ${messageOf(error)}`] };
    return;
  }
  if (start === 'nothing') return;
  if (start === 'file') {
    yield { directory: dirname(path), names: [basename(path)], problems: [] };
    return;
  }
  const directories = [path];
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    yield* walkDirectory(directory, directories, options);
  }
}

async function* walkDirectory(
  directory: string,
  found: string[],
  { excluded, pageSize }: WalkOptions,
): AsyncGenerator<ArchivePage> {
  let names: string[] = [];
  let problems: string[] = [];
  const page = (): ArchivePage => ({ directory, names, problems });
  try {
    for await (const entry of await opendir(directory, { bufferSize: 1024 })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (!excluded.includes(path) && !entry.name.startsWith(trialPrefix)) found.push(path);
      } else if (entry.name.includes('\uFFFD') && !(await isThere(path))) {
        problems.push(`${path}: the name is not UTF-8; it is left where it is`);
      } else if (await isArchived(entry, path, problems)) names.push(entry.name);
      if (names.length < pageSize) continue;
      yield page();
      names = [];
      problems = [];
    }
  } catch (error) {
    // A directory that has gone meanwhile holds nothing.
    if (systemCode(error) === 'ENOENT') return;
    problems.push(`${directory}: ${messageOf(error)}`);
  }
  yield page();
}

/** A name whose bytes are no UTF-8 is read with replacements, and nothing is found under it; one that has such a character is. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function isArchived(entry: Dirent, path: string, problems: string[]): Promise<boolean> {
  if (isTemporary(entry.name)) return false;
  if (entry.isFile()) return true;
  if (!entry.isSymbolicLink()) return false;
  try {
    return (await kindOf(path)) === 'file';
  } catch (error) {
    problems.push(`${path}: ${messageOf(error)}`);
    return false;
  }
}

type Kind = 'file' | 'directory' | 'nothing';

async function kindOf(path: string): Promise<Kind> {
  try {
    const found = await stat(path);
    if (found.isFile()) return 'file';
    return found.isDirectory() ? 'directory' : 'nothing';
  } catch (error) {
    if (isGone(error)) return 'nothing';
    throw error;
  }
}
