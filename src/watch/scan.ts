import { lstatSync, statSync, type Stats } from 'node:fs';
import { lstat, opendir, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { WatchConfig } from '../config/types.ts';
import { entryPath, forEachOf, identityOf, isSameIdentity, type FileIdentity } from '../core/index.ts';
import { CarbonationError, messageOf, systemCode } from '../errors/index.ts';
import { noSuchDirectory } from './answers.ts';
import { localDevice } from './file-systems.ts';
import { notUtf8, replacement } from './foreign-names.ts';
import { isEntered, nameFilter, type NameFilter } from './names.ts';
import { Ways, type Way } from './ways.ts';

/** A file that a scan found. */
export interface FoundFile {
  readonly path: string;
  readonly identity: FileIdentity;
  readonly device: number;
}

/** Part of a scan: some files of one directory. */
export interface ScanPage {
  readonly files: readonly FoundFile[];
  /** Files and directories that could not be taken in, each with a reason. */
  readonly problems: readonly string[];
  /** The directory could not be read: nothing may be concluded from what was not found in it. */
  readonly unreadable: string | null;
  /**
   * A problem that may be over soon, without anybody having done anything: the disk failed, or too many files were open; null: there
   * is none.
   */
  readonly mayPass: string | null;
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

/** Files looked at at once: where they hang they keep so many of the threads that all need. */
const mostLooks = 4;

/** Of a directory with more names than this the next one is read only when they have been looked at: both would be kept. */
const mostNamesAhead = 10_000;

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
    const message = systemCode(error) === 'ENOENT' ? noSuchDirectory(watch.path) : messageOf(error);
    throw new CarbonationError('WATCH_UNREADABLE', message, { cause: error });
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
  const near = await nearDevice(watch);
  const ways = new Ways(watch, filter, excluded);
  const directories: Place[] = [];
  const enter = async (paths: readonly string[], wayTo: (path: string) => Promise<Way | null>) => {
    for (const path of paths) {
      const way = await wayTo(path);
      if (way !== null) directories.push({ path, way });
    }
  };
  const below = from.filter((path) => path !== watch.path);
  if (below.length < from.length) await enter([watch.path], (path) => ways.to(path));
  const places: string[] = [];
  for (const [directory, paths] of Map.groupBy(below, (path) => dirname(path))) {
    if (!isEntered(watch, filter, directory) || (await ways.to(directory)) === null) continue;
    for (const path of paths) places.push(path);
  }
  if (places.length > 0) {
    const page = await readPage(watch, filter, places, false);
    await enter(page.directories, (path) => ways.to(path));
    yield page;
  }
  const list = (): Promise<Listing> | null => {
    const place = directories.pop();
    return place === undefined ? null : listDirectory({ watch, filter, excluded, near, ways }, place);
  };
  for (let listing = list(); listing !== null;) {
    const { place, names, entered, isNear, failure } = await listing;
    // One by one: as arguments of one call more than a hundred thousand would overflow the stack.
    for (const one of entered) directories.push(one);
    if (failure !== null) yield failure;
    // The next one is read while the files of this one are looked at.
    const next = names.length > mostNamesAhead ? null : list();
    for (let start = 0; start < names.length; start += pageSize) {
      const paths = names.slice(start, start + pageSize).map((name) => entryPath(place.path, name));
      const page = await readPage(watch, filter, paths, isNear);
      await enter(page.directories, (path) => ways.through(place.way, path));
      yield page;
    }
    listing = next ?? list();
  }
}

/** A directory that is to be read. */
interface Place {
  readonly path: string;
  readonly way: Way;
}

/** What the directories of a watch are listed with. */
interface ListingOptions {
  readonly watch: WatchConfig;
  readonly filter: NameFilter;
  readonly excluded: readonly string[];
  readonly near: number | null;
  readonly ways: Ways;
}

/** The names in a directory. */
interface Listing {
  readonly place: Place;
  /** Of files, and of links; only those: of a directory with a million files nothing else is kept while they are taken in. */
  readonly names: readonly string[];
  /** Directories in it that are to be read. */
  readonly entered: readonly Place[];
  /** Its files can be looked at without leaving the loop. */
  readonly isNear: boolean;
  /** Why it could not be read, or null. */
  readonly failure: ScanPage | null;
}

/** Never throws: what cannot be read is said. */
async function listDirectory({ watch, filter, excluded, near, ways }: ListingOptions, place: Place): Promise<Listing> {
  const { path: directory, way } = place;
  const names: string[] = [];
  const entered: Place[] = [];
  let isNear = false;
  try {
    isNear = near !== null && (await stat(directory)).dev === near;
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) {
        const path = entryPath(directory, entry.name);
        if (!watch.recursive || !filter.enters(entry.name) || excluded.includes(path)) continue;
        const next = ways.below(way, path);
        if (next !== null) entered.push({ path, way: next });
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        if (filter.accepts(entry.name) || (entry.isSymbolicLink() && watch.followSymlinks && watch.recursive))
          names.push(entry.name);
      }
    }
    return { place, names, entered, isNear, failure: null };
  } catch (error) {
    return { place, names: [], entered: [], isNear, failure: failureOf(watch, directory, error) };
  }
}

/** What stays until somebody does something about it: missing rights, and links that lead round in a circle. */
const lasting: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ELOOP']);

/** What is to be said of a directory that cannot be read; null: it has gone, which is all right. */
function failureOf(watch: WatchConfig, directory: string, error: unknown): ScanPage | null {
  const code = systemCode(error) ?? '';
  if (directory === watch.path || code !== 'ENOENT') {
    const problem = `${directory}: ${messageOf(error)}`;
    return { files: [], problems: [problem], unreadable: directory, mayPass: lasting.has(code) ? null : problem };
  }
  if (!directory.includes(replacement)) return null;
  return { files: [], problems: [notUtf8(directory)], unreadable: null, mayPass: null };
}

/** Whether a file is still as a scan has found it; without leaving the loop, so for local file systems. */
export function isStill(watch: WatchConfig, { path, identity }: FoundFile): boolean {
  try {
    return isSameIdentity(identityOf((watch.followSymlinks ? statSync : lstatSync)(path)), identity);
  } catch {
    // Why it cannot be looked at is found out by whoever looks at it next.
    return false;
  }
}

/**
 * The device of a watch's directory, where what it holds can be looked at without leaving the loop: on a local file system, and
 * not through links, which lead anywhere.
 */
async function nearDevice(watch: WatchConfig): Promise<number | null> {
  return watch.followSymlinks ? null : await localDevice(watch.path);
}

/**
 * A file that takes longer than this, in ms, was slow. One or two of so many in succession are when another thread had the core
 * meanwhile; more of them, or more slow time than this in a page, in ms: the disk has to be asked for each.
 */
const slowFileMs = 0.2;
const goSize = 64;
const mostSlow = 3;
const mostSlowMs = 20;

/**
 * Looks at files, as long as that is quick, without leaving the loop: a call through a thread costs ten times as much as what it
 * does. Gives those that are left.
 */
function lookAtOnce(
  paths: readonly string[],
  take: (path: string, found: Stats) => void,
  refuse: (path: string, error: unknown) => void,
): readonly string[] {
  let slow = 0;
  let slowMs = 0;
  let before = performance.now();
  for (const [i, path] of paths.entries()) {
    if (i % goSize === 0) slow = 0;
    try {
      take(path, lstatSync(path));
    } catch (error) {
      refuse(path, error);
    }
    const now = performance.now();
    if (now - before > slowFileMs) {
      slow += 1;
      slowMs += now - before;
      if (slow > mostSlow || slowMs > mostSlowMs) return paths.slice(i + 1);
    }
    before = now;
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
      files.push({ path, identity: identityOf(found), device: found.dev });
    }
  };
  let mayPass: string | null = null;
  const refuse = (path: string, error: unknown): void => {
    const code = systemCode(error) ?? '';
    if (code !== 'ENOENT') {
      const problem = `${path}: ${messageOf(error)}`;
      problems.push(problem);
      if (!lasting.has(code)) mayPass ??= problem;
    } else if (path.includes(replacement)) problems.push(notUtf8(path));
  };
  const left = isNear ? lookAtOnce(paths, take, refuse) : paths;
  await forEachOf(left, mostLooks, async (path) => {
    try {
      take(path, await (watch.followSymlinks ? stat : lstat)(path));
    } catch (error) {
      refuse(path, error);
    }
  });
  return { files, problems, unreadable: null, mayPass, directories };
}
