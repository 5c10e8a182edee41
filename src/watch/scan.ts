import { lstatSync, type Stats } from 'node:fs';
import { lstat, opendir, readdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { WatchConfig } from '../config/types.ts';
import { entryPath, identityOf, type FileIdentity } from '../core/index.ts';
import { CarbonationError, messageOf, systemCode } from '../errors/index.ts';
import { notUtf8, replacement } from './foreign-names.ts';
import { isEntered, nameFilter, type NameFilter } from './names.ts';

/** A file that a scan found. */
export interface FoundFile {
  readonly path: string;
  readonly identity: FileIdentity;
}

/** Part of a scan: some files of one directory. */
export interface ScanPage {
  readonly files: readonly FoundFile[];
  /** Files and directories that could not be taken in, each with a reason. */
  readonly problems: readonly string[];
  /** The directory could not be read: nothing may be concluded from what was not found in it. */
  readonly unreadable: string | null;
}

/** What tells that a directory is still the one on the same mount. */
export interface RootMark {
  readonly device: number;
  readonly inode: number;
}

/** Whether two marks are of the same directory. */
export function isSameMark(a: RootMark, b: RootMark): boolean {
  return a.device === b.device && a.inode === b.inode;
}

/** Files stat'ed between two turns of the event loop. */
const pageSize = 512;

/**
 * The mark of a watch's directory.
 *
 * @throws CarbonationError WATCH_UNREADABLE
 */
export async function markRoot(watch: WatchConfig): Promise<RootMark> {
  try {
    const found = await stat(watch.path);
    if (!found.isDirectory()) throw new CarbonationError('WATCH_UNREADABLE', `${watch.path} is not a directory`);
    // Whether it may be read at all; its entries are of no interest here, and may be a million.
    await (await opendir(watch.path)).close();
    return { device: found.dev, inode: found.ino };
  } catch (error) {
    if (error instanceof CarbonationError) throw error;
    throw new CarbonationError('WATCH_UNREADABLE', `watch ${watch.name}: ${messageOf(error)}`, { cause: error });
  }
}

/** File systems whose times come from this machine's own kernel, by their magic number (linux/magic.h). */
const localFileSystems: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0x2fc12fc1, // zfs
  0xf2f52010, // f2fs
]);

/** Whether a directory is on a file system whose times are set by this machine's clock. */
export async function isLocalFileSystem(path: string): Promise<boolean> {
  try {
    return localFileSystems.has((await statfs(path)).type);
  } catch {
    // Unknown means: do not rely on it.
    return false;
  }
}

/**
 * Reads a watch's directory, page by page; what cannot be read is said, never skipped in silence.
 *
 * @param excluded - directories that are not read
 * @param from - only these directories and files of the watch; absent: all of it
 */
export async function* scanWatch(
  watch: WatchConfig,
  excluded: readonly string[] = [],
  from: readonly string[] = [watch.path],
): AsyncGenerator<ScanPage> {
  const filter = nameFilter(watch);
  const visited = new Set<string>();
  const near = await nearDevice(watch);
  const directories = from.filter((path) => path === watch.path);
  const places = from.filter((path) => path !== watch.path && isEntered(watch, filter, dirname(path)));
  if (places.length > 0) {
    const page = await readPage(watch, filter, places, false);
    directories.push(...page.directories);
    yield page;
  }
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    // Names only: of a directory with a million files nothing else is kept while they are taken in.
    const names: string[] = [];
    let isNear = false;
    try {
      isNear = near !== null && (await stat(directory)).dev === near;
      if (watch.followSymlinks) {
        // Links can lead to a directory twice, or round in a circle.
        const { dev, ino } = await stat(directory);
        if (visited.has(`${dev}:${ino}`)) continue;
        visited.add(`${dev}:${ino}`);
      }
      for (const entry of await readdir(directory, { withFileTypes: true })) {
        if (entry.isDirectory()) {
          const path = entryPath(directory, entry.name);
          if (watch.recursive && filter.enters(entry.name) && !excluded.includes(path)) directories.push(path);
        } else if (entry.isFile() || entry.isSymbolicLink()) {
          if (filter.accepts(entry.name) || (entry.isSymbolicLink() && watch.followSymlinks && watch.recursive))
            names.push(entry.name);
        }
      }
    } catch (error) {
      if (directory !== watch.path && systemCode(error) === 'ENOENT') {
        if (directory.includes(replacement)) yield { files: [], problems: [notUtf8(directory)], unreadable: null };
        continue;
      }
      yield { files: [], problems: [`${directory}: ${messageOf(error)}`], unreadable: directory };
      continue;
    }
    for (let start = 0; start < names.length; start += pageSize) {
      const paths = names.slice(start, start + pageSize).map((name) => entryPath(directory, name));
      const page = await readPage(watch, filter, paths, isNear);
      directories.push(...page.directories);
      yield page;
    }
  }
}

/**
 * The device of a watch's directory, where what it holds can be looked at without leaving the loop: on a local file system, and
 * not through links, which lead anywhere.
 */
async function nearDevice(watch: WatchConfig): Promise<number | null> {
  if (watch.followSymlinks || !(await isLocalFileSystem(watch.path))) return null;
  const found = await stat(watch.path).catch(() => null);
  return found?.dev ?? null;
}

/** Files that are looked at in one go; when they take longer than this, in ms, the disk has to be asked. */
const goSize = 64;
const slowGoMs = 4;

/**
 * Looks at files, as long as that is quick, without leaving the loop: a call through a thread costs ten times as much as what it
 * does. Gives those that are left.
 */
function lookAtOnce(
  paths: readonly string[],
  take: (path: string, found: Stats) => void,
  refuse: (path: string, error: unknown) => void,
): readonly string[] {
  for (let start = 0; start < paths.length; start += goSize) {
    const began = performance.now();
    for (const path of paths.slice(start, start + goSize)) {
      try {
        take(path, lstatSync(path));
      } catch (error) {
        refuse(path, error);
      }
    }
    if (performance.now() - began > slowGoMs) return paths.slice(start + goSize);
  }
  return [];
}

/** @param isNear - the paths are on a local file system, and none of them is the place of another one */
async function readPage(
  watch: WatchConfig,
  filter: NameFilter,
  paths: readonly string[],
  isNear: boolean,
): Promise<ScanPage & { readonly directories: readonly string[] }> {
  const files: FoundFile[] = [];
  const problems: string[] = [];
  const directories: string[] = [];
  const take = (path: string, found: Stats): void => {
    if (found.isDirectory()) {
      if (watch.recursive && filter.enters(basename(path))) directories.push(path);
    } else if ((found.isFile() || found.isSymbolicLink()) && filter.accepts(basename(path))) {
      files.push({ path, identity: identityOf(found) });
    }
  };
  const refuse = (path: string, error: unknown): void => {
    if (systemCode(error) !== 'ENOENT') problems.push(`${path}: ${messageOf(error)}`);
    else if (path.includes(replacement)) problems.push(notUtf8(path));
  };
  const left = isNear ? lookAtOnce(paths, take, refuse) : paths;
  await Promise.all(
    left.map(async (path) => {
      try {
        take(path, await (watch.followSymlinks ? stat : lstat)(path));
      } catch (error) {
        refuse(path, error);
      }
    }),
  );
  return { files, problems, unreadable: null, directories };
}
