import { watch as listen, type FSWatcher, type Stats } from 'node:fs';
import { lstat, opendir, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Slots } from '../core/index.ts';
import { isGone } from '../errors/index.ts';
import { noSuchDirectory } from './answers.ts';
import { countsDirectories } from './file-systems.ts';
import { replacement } from './foreign-names.ts';
import type { NameFilter } from './names.ts';

/** Directories looked at at once: what hangs on slow storage holds up neither all of the others nor all threads. */
const mostLooks = 4;

/** Names read with one call. */
const namesPerRead = 512;

/** The links of a directory with none in it: its name, and its own `.`. */
const leafLinks = 2;

/** The name under which a directory tells of its own end: the last part of the path that it is listened to by. */
const itself = '.';

/** What a tree of directories tells. */
export interface TreeHandler {
  /** The kernel has told of something, whatever it is of. */
  heard(): void;
  /** Something may have changed at this path; `isEntry`: it has come or gone there. */
  touched(path: string, isEntry: boolean): void;
  /** A directory that was listened to has gone, with all that is below it. */
  vanished(directory: string): void;
  /** There is a name in this directory that is not UTF-8. */
  suspected(directory: string): void;
  /** A directory cannot be listened to or read. */
  failed(error: unknown, directory: string): void;
  /** The watch's own directory is no longer there. */
  lost(reason: string): void;
}

/** A directory that is listened to. */
interface Listened {
  readonly device: number;
  /** Which one it is on its device, for its events go with it wherever it is moved. An inode's number may be given anew. */
  readonly mark: string;
  readonly handle: FSWatcher;
  /** Directories in it that are listened to. */
  readonly below: Set<string>;
  /** Another one was here before it, which has gone without the directory above having told of it so far. */
  readonly hasReplaced: boolean;
  /** It has told of its own end: it may tell nothing any more, even if one with the same mark is there anew. */
  isSuspect: boolean;
}

/**
 * A watch's directory and those below it: the kernel tells of the entries of
 * each, and nothing is kept or looked at of the files in them. Links are not
 * followed.
 *
 * Each directory is listened to before it is read, and only below one that is
 * listened to, so that whatever happens meanwhile is told of by one of the two.
 */
export class DirectoryTree {
  readonly #root: string;
  readonly #filter: NameFilter;
  readonly #tell: TreeHandler;
  readonly #listened = new Map<string, Listened>();
  /** The last of the looks at a path: they come one after the other, or an old answer would undo a newer one. */
  readonly #looks = new Map<string, Promise<unknown>>();
  /** Paths that are about to be looked at, and whether the directory that they are in has told of them. */
  readonly #awaited = new Map<string, boolean>();
  /** Directories that are about to be read. */
  readonly #unread = new Set<string>();
  readonly #slots = new Slots(mostLooks);
  /** Whether the links of a directory are counted on a device. */
  readonly #counting = new Map<number, Promise<boolean>>();
  #isClosed = false;

  constructor(root: string, filter: NameFilter, tell: TreeHandler) {
    this.#root = root;
    this.#filter = filter;
    this.#tell = tell;
  }

  /**
   * Listens to the watch's own directory and to all below it, if it is to. Says nothing of the files that are there. Called
   * again, it finds out what events that were lost would have told of directories. Resolves when events are to be expected.
   */
  async open(recursive: boolean): Promise<void> {
    // A device's number is given anew once it has gone.
    this.#counting.clear();
    await Promise.all([...this.#listened.keys()].map((path) => this.#look(path, true)));
    await this.#look(this.#root, false);
    if (recursive) await this.#walk(this.#root);
  }

  close(): void {
    this.#isClosed = true;
    for (const { handle } of this.#listened.values()) handle.close();
    this.#listened.clear();
  }

  #heard(directory: string, handle: FSWatcher, kind: string, name: string | null): void {
    const listened = this.#listened.get(directory);
    // What a handle still had to tell when it was closed is of a directory that is no longer here.
    if (listened?.handle !== handle) return;
    this.#tell.heard();
    if (name === itself) {
      listened.isSuspect = true;
      void this.#lookSoon(directory, false);
    } else if (name === null) this.#read(directory);
    else {
      const path = join(directory, name);
      if (name.includes(replacement)) this.#tell.suspected(directory);
      if (this.#filter.accepts(name)) this.#tell.touched(path, kind === 'rename');
      if (kind === 'rename' && this.#filter.enters(name)) void this.#lookSoon(path, true);
    }
  }

  /** Looks at a path, and reads the directory that is there if it must be. @param isEntry - as of {@link #enter} */
  async #lookSoon(path: string, isEntry: boolean): Promise<void> {
    const isAwaited = this.#awaited.has(path);
    this.#awaited.set(path, isEntry || this.#awaited.get(path) === true);
    if (!isAwaited && (await this.#look(path, false))) this.#read(path);
  }

  /** Looks at a path when it is its turn; whether the directory that is there must be read. */
  async #look(path: string, isEntry: boolean): Promise<boolean> {
    const look = (this.#looks.get(path) ?? Promise.resolve()).then(() =>
      this.#slots.run(() => {
        const hasEntry = this.#awaited.get(path) === true;
        this.#awaited.delete(path);
        return this.#enter(path, isEntry || hasEntry);
      }),
    );
    this.#looks.set(path, look);
    try {
      return await look;
    } finally {
      if (this.#looks.get(path) === look) this.#looks.delete(path);
    }
  }

  /**
   * Listens to the directory at a path, unless it is listened to and nothing was told of it.
   *
   * @param isEntry - whether the directory that it is in has told of it: so it may have been elsewhere, and have come back
   */
  async #enter(path: string, isEntry: boolean): Promise<boolean> {
    const found = await this.#see(path);
    if (this.#isClosed || found === 'unknown') return false;
    if (found === null) return this.#miss(path, isEntry);
    // Whoever listens to the one above reads it, and so comes here again.
    if (path !== this.#root && !this.#listened.has(dirname(path))) return false;
    const former = this.#listened.get(path);
    const { dev: device } = found;
    const mark = markOf(found);
    const isSame = former?.mark === mark && former.device === device;
    if (isSame && !isEntry && !former.isSuspect) return false;
    const handle = this.#listen(path);
    // It has gone since it was looked at.
    if (handle === null) return this.#miss(path, isEntry);
    if (handle === 'failed') return false;
    if (!isSame) this.#leave(path);
    // What was mounted here may be mounted again.
    const hasReplaced = former !== undefined && (former.hasReplaced || (!isSame && former.device === device));
    if (hasReplaced && isEntry) this.#tell.vanished(path);
    const below = isSame ? former.below : new Set<string>();
    this.#keep(path, { device, mark, handle, below, hasReplaced: hasReplaced && !isEntry, isSuspect: false });
    // Only now: what the kernel has kept for the one handle goes to the other as well.
    if (isSame) former.handle.close();
    return true;
  }

  /** There is no directory at a path. */
  #miss(path: string, isEntry: boolean): false {
    if (path === this.#root) this.#tell.lost(noSuchDirectory(path));
    // A mount that goes takes directories along without the one that they were in telling of it: nothing is concluded then.
    if (!this.#listened.has(path) || !isEntry) return false;
    this.#leave(path);
    this.#tell.vanished(path);
    return false;
  }

  /** Null: there is no directory at the path; `failed`: it cannot be listened to, which has been told. */
  #listen(path: string): FSWatcher | null | 'failed' {
    try {
      return listen(`${path}${sep}${itself}`, { persistent: false });
    } catch (error) {
      if (isGone(error)) return null;
      this.#leave(path);
      this.#tell.failed(error, path);
      return 'failed';
    }
  }

  #keep(path: string, listened: Listened): void {
    const { handle } = listened;
    this.#listened.set(path, listened);
    this.#listened.get(dirname(path))?.below.add(path);
    handle.on('change', (kind, name) => this.#heard(path, handle, kind, name === null ? null : String(name)));
    handle.on('error', (error) => {
      this.#leave(path);
      this.#tell.failed(error, path);
    });
  }

  /** Stops listening to a directory and all that is below it. */
  #leave(path: string): void {
    const former = this.#listened.get(path);
    if (former === undefined) return;
    this.#listened.delete(path);
    this.#listened.get(dirname(path))?.below.delete(path);
    former.handle.close();
    for (const directory of former.below) this.#leave(directory);
  }

  /** The directory at a path; null: there is none; `unknown`: it cannot be looked at, which may pass. */
  async #see(path: string): Promise<Stats | null | 'unknown'> {
    try {
      // The watch's own directory may be given by a link; none is followed below it.
      const found = await (path === this.#root ? stat : lstat)(path);
      return found.isDirectory() ? found : null;
    } catch (error) {
      if (isGone(error)) return null;
      this.#tell.failed(error, path);
      return 'unknown';
    }
  }

  /** Listens to the directories in a directory and to all below them. */
  async #walk(directory: string): Promise<void> {
    const found = await this.#slots.run(async () =>
      (await this.#isLeaf(directory)) ? [] : this.#names(directory, false),
    );
    await Promise.all(
      found.map(async (path) => {
        await this.#look(path, false);
        if (this.#listened.has(path)) await this.#walk(path);
      }),
    );
  }

  /** Whether there are no directories in a directory that is listened to, so that it need not be read: it may hold a million names. */
  async #isLeaf(path: string): Promise<boolean> {
    const found = await this.#see(path);
    if (found === null || found === 'unknown' || found.nlink !== leafLinks) return false;
    let counts = this.#counting.get(found.dev);
    if (counts === undefined) this.#counting.set(found.dev, (counts = countsDirectories(path)));
    return counts;
  }

  /** As {@link #walk}, and tells of all files: also in directories that are listened to, which may have been elsewhere. */
  #read(directory: string): void {
    if (this.#unread.has(directory)) return;
    this.#unread.add(directory);
    void this.#slots
      .run(() => {
        this.#unread.delete(directory);
        return this.#names(directory, true);
      })
      .then((found) =>
        found.map(async (path) => {
          await this.#look(path, false);
          if (this.#listened.has(path)) this.#read(path);
        }),
      );
  }

  /** The directories in a directory, read as a stream: there may be a million names. */
  async #names(directory: string, tells: boolean): Promise<readonly string[]> {
    const directories: string[] = [];
    try {
      for await (const entry of await opendir(directory, { bufferSize: namesPerRead })) {
        if (this.#isClosed) return [];
        const { name } = entry;
        if (tells && name.includes(replacement)) this.#tell.suspected(directory);
        if (entry.isDirectory()) {
          if (this.#filter.enters(name)) directories.push(join(directory, name));
        } else if (tells && this.#filter.accepts(name)) this.#tell.touched(join(directory, name), true);
      }
    } catch (error) {
      if (!isGone(error)) this.#tell.failed(error, directory);
    }
    return directories;
  }
}

/** What tells a directory from another of its device at the same path. */
function markOf({ ino, birthtimeMs }: Stats): string {
  return `${ino}:${birthtimeMs}`;
}
