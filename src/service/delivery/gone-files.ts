import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { WatchConfig } from '../../config/types.ts';
import { forEachOf, identityOf, isBelow, isRenumbered, isSameIdentity, type FileIdentity } from '../../core/index.ts';
import { CarbonationError, isAbsence } from '../../errors/index.ts';
import type { KnownFile } from '../../store/index.ts';
import { isSameMark, markRoot, type RootMark } from '../../watch/index.ts';
import type { GoneCount } from '../brakes.ts';
import type { IdSet } from '../id-set.ts';
import type { Intake } from './intake.ts';
import type { Patience } from './patience.ts';
import type { Groups } from '../types.ts';

/** Known files looked at together, and ids read together. */
const pageSize = 1000;
const idsPageSize = 4000;

/** Files that have to be looked for, and how many have been seen besides. */
interface Page {
  readonly files: readonly KnownFile[];
  readonly lastId: number;
  readonly seen: number;
  readonly seenUnarchived: number;
}

/** Files looked at at once: where they hang they keep so many of the threads that all need. */
const mostLooks = 4;

/** A file, and what was found of it. */
interface LookedFile {
  readonly file: KnownFile;
  readonly look: 'gone' | 'same' | 'renumbered' | 'there';
}

/** What the files of a watch are looked for with. */
export interface GoneFilesOptions {
  readonly watch: WatchConfig;
  /** The root as it was when the watch was read. */
  readonly mark: RootMark;
  /** The id of the file that was recorded last before the watch was read: what came later has been seen since. Absent: any. */
  readonly newestId?: number;
  /** Only what is at or below these paths; null: everything. */
  readonly paths: readonly string[] | null;
  /** Files that the reading has just seen as the database knows them: they need not be looked at once more. */
  readonly seen: IdSet;
  /** Directories that could not be read: nothing is concluded about what is below them. */
  readonly unreadable: readonly string[];
  /** Absent: whoever waits does not hold up anybody else. */
  readonly patience?: Patience;
}

/**
 * The files of a watch that the database has in delivery and that are gone.
 * They are counted before the first one is cleared, page by page, and looked
 * for once more when they are: a million paths are never in memory.
 */
export class GoneFiles {
  readonly #groups: Groups;
  readonly #intake: Intake;
  readonly #options: GoneFilesOptions;
  readonly #paths: ReadonlySet<string>;
  readonly #newestId: number;

  constructor(groups: Groups, intake: Intake, options: GoneFilesOptions) {
    this.#groups = groups;
    this.#intake = intake;
    this.#options = options;
    this.#paths = new Set(options.paths);
    this.#newestId = options.newestId ?? Infinity;
  }

  /** How many there are, and of how many. */
  async count(): Promise<GoneCount> {
    const count = { total: 0, gone: 0, unarchived: 0, unarchivedGone: 0, hasSameFile: false, hasRenumberedFile: false };
    for await (const { files, seen, seenUnarchived } of this.#pages()) {
      count.total += seen;
      count.unarchived += seenUnarchived;
      count.hasSameFile ||= seen > 0;
      for (const { file, look } of await this.#lookAt(files)) {
        const isUnarchived = file.status !== 'archived';
        count.total += 1;
        count.gone += look === 'gone' ? 1 : 0;
        count.unarchived += isUnarchived ? 1 : 0;
        count.unarchivedGone += isUnarchived && look === 'gone' ? 1 : 0;
        count.hasSameFile ||= look === 'same';
        count.hasRenumberedFile ||= look === 'renumbered';
      }
    }
    return count;
  }

  /**
   * Tells their groups; how many there were.
   *
   * @throws CarbonationError WATCH_UNREADABLE when the directory is exchanged meanwhile; nothing is concluded from that
   */
  async clear(): Promise<number> {
    const { watch, mark, patience } = this.#options;
    let cleared = 0;
    for await (const { files } of this.#pages()) {
      const gone = (await this.#lookAt(files)).filter(({ look }) => look === 'gone');
      if (gone.length === 0) continue;
      await this.#wait(assertSameRoot(watch, mark));
      cleared += gone.length;
      this.#intake.gone(gone.map(({ file }) => ({ watch, path: file.sourcePath })));
      const room = this.#intake.whenRoom(watch);
      await (patience === undefined ? room : patience.room(room));
    }
    return cleared;
  }

  /** Files of the watch in delivery; those that have just been seen are only counted. */
  async *#pages(): AsyncGenerator<Page> {
    const { watch, paths } = this.#options;
    for (let lastId = 0; lastId < this.#newestId;) {
      // Of a few paths of a watch hardly any other file has been seen.
      const page = await (paths === null ? this.#unseen(watch, lastId) : this.#all(watch, lastId));
      if (page === null) return;
      lastId = page.lastId;
      yield page;
    }
  }

  async #all(watch: WatchConfig, afterId: number): Promise<Page | null> {
    const { files, lastId } = await this.#groups.deliveredFiles(watch.name, afterId, pageSize);
    if (files.length === 0) return null;
    return { files: files.filter(({ id }) => id <= this.#newestId), lastId, seen: 0, seenUnarchived: 0 };
  }

  async #unseen(watch: WatchConfig, afterId: number): Promise<Page | null> {
    const rows = await this.#groups.deliveredIds(watch.name, afterId, idsPageSize);
    const last = rows.at(-1);
    if (last === undefined) return null;
    const known = rows.filter(({ id }) => id <= this.#newestId);
    const seen = known.filter(({ id }) => this.#options.seen.has(id));
    const unseen = known.filter(({ id }) => !this.#options.seen.has(id)).map(({ id }) => id);
    const files: KnownFile[] = [];
    for (let start = 0; start < unseen.length; start += pageSize)
      files.push(...(await this.#groups.deliveredById(watch.name, unseen.slice(start, start + pageSize))));
    const seenUnarchived = seen.filter(({ isArchived }) => !isArchived).length;
    return { files, lastId: last.id, seen: seen.length, seenUnarchived };
  }

  async #lookAt(files: readonly KnownFile[]): Promise<readonly LookedFile[]> {
    const looked: LookedFile[] = [];
    const looking = forEachOf(files, mostLooks, async (file) => {
      looked.push({ file, look: await this.#look(file) });
    });
    await this.#wait(looking);
    return looked;
  }

  #wait(look: Promise<void>): Promise<void> {
    const { watch, patience } = this.#options;
    return patience === undefined ? look : patience.of(watch.path, look);
  }

  /** `there` is also what is not to be looked at, or cannot be. */
  async #look(file: KnownFile): Promise<LookedFile['look']> {
    const { watch, paths, unreadable } = this.#options;
    const path = file.sourcePath;
    if (this.#options.seen.has(file.id)) return 'same';
    if (paths !== null && !this.#isAskedFor(path)) return 'there';
    if (unreadable.some((directory) => isBelow(directory, path))) return 'there';
    try {
      const found: Stats = await (watch.followSymlinks ? stat : lstat)(path);
      return lookOf(identityOf(found), file);
    } catch (error) {
      return isAbsence(error) ? 'gone' : 'there';
    }
  }

  /** By its directories, not by all paths that are asked for: there may be thousands. */
  #isAskedFor(path: string): boolean {
    for (let at = path; ; at = dirname(at)) {
      if (this.#paths.has(at)) return true;
      if (at === dirname(at)) return false;
    }
  }
}

function lookOf(found: FileIdentity, known: FileIdentity): LookedFile['look'] {
  if (isSameIdentity(found, known)) return 'same';
  return isRenumbered(found, known) ? 'renumbered' : 'there';
}

/** @throws CarbonationError WATCH_UNREADABLE: the directory is not the one that `mark` was taken of */
export async function assertSameRoot(watch: WatchConfig, mark: RootMark): Promise<void> {
  if (isSameMark(await markRoot(watch), mark)) return;
  throw new CarbonationError('WATCH_UNREADABLE', `watch ${watch.name}: ${watch.path} was exchanged while it was read`);
}
