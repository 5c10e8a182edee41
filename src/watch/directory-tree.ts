import { watch as listen, type FSWatcher, type Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Slots } from '../core/index.ts';
import { systemCode } from '../errors/index.ts';
import { replacement } from './foreign-names.ts';
import type { NameFilter } from './names.ts';

/** Directories looked at at once: what hangs on slow storage does not hold up the events of the others. */
const mostLooks = 16;

/** Names read with one call. */
const namesPerRead = 512;

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
}

/** A directory that is listened to. */
interface Listened {
  /** Which one it is, for its events go with it wherever it is moved; null: its handle tells nothing any more. */
  readonly mark: string | null;
  readonly handle: FSWatcher;
  /** Directories in it that are listened to. */
  readonly below: Set<string>;
}

/** Nothing is there to be listened to, or no directory is. */
const goneCodes: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/**
 * The directories below a watch's own: the kernel tells of the entries of each,
 * and nothing is kept or looked at of the files in them. Links are not followed.
 */
export class DirectoryTree {
  readonly #root: string;
  readonly #filter: NameFilter;
  readonly #tell: TreeHandler;
  readonly #listened = new Map<string, Listened>();
  /** Paths that are about to be looked at, and whether the directory that they are in has told of them. */
  readonly #awaited = new Map<string, boolean>();
  readonly #slots = new Slots(mostLooks);
  #isClosed = false;

  constructor(root: string, filter: NameFilter, tell: TreeHandler) {
    this.#root = root;
    this.#filter = filter;
    this.#tell = tell;
  }

  /** Listens to all directories that are there; resolves when their events are to be expected. Says nothing of their files. */
  async open(): Promise<void> {
    await this.#read(this.#root, false);
  }

  /**
   * An event of an entry of a directory, as the kernel tells of it.
   *
   * @param kind - `rename`: the entry has come or gone; `change`: it was written to
   * @param name - null where the system does not say
   */
  event(directory: string, kind: string, name: string | null): void {
    if (this.#isClosed) return;
    this.#tell.heard();
    if (name === null) void this.#read(directory, true);
    else if (name.includes(replacement)) this.#tell.suspected(directory);
    else {
      const path = join(directory, name);
      if (this.#filter.accepts(name)) this.#tell.touched(path, kind === 'rename');
      if (kind === 'rename' && this.#filter.enters(name)) this.#look(path, true);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { handle } of this.#listened.values()) handle.close();
    this.#listened.clear();
  }

  /** @param isEntry - whether the directory that the path is in has told of it */
  #look(path: string, isEntry: boolean): void {
    const isAwaited = this.#awaited.has(path);
    this.#awaited.set(path, isEntry || this.#awaited.get(path) === true);
    if (isAwaited) return;
    void this.#slots
      .run(() => {
        const hasEntry = this.#awaited.get(path) === true;
        this.#awaited.delete(path);
        return this.#enter(path, hasEntry);
      })
      .then((isNew) => (isNew ? this.#read(path, true) : undefined));
  }

  /** Listens to a directory, unless it is listened to; whether it is now and was not. */
  async #enter(path: string, isEntry: boolean): Promise<boolean> {
    const found = await this.#see(path);
    if (this.#isClosed || found === 'unknown') return false;
    const former = this.#listened.get(path);
    if (found === null) {
      // A mount that goes takes directories along without the one that they were in telling of it: nothing is concluded then.
      if (former === undefined || !isEntry) return false;
      this.#leave(path);
      this.#tell.vanished(path);
      return false;
    }
    const mark = markOf(found);
    if (former?.mark === mark) return false;
    this.#leave(path);
    return this.#listen(path, mark);
  }

  #listen(path: string, mark: string): boolean {
    try {
      const handle = listen(path, { persistent: false });
      this.#listened.set(path, { mark, handle, below: new Set() });
      this.#listened.get(dirname(path))?.below.add(path);
      handle.on('change', (kind, name) => this.#heard(path, handle, kind, String(name ?? '')));
      handle.on('error', (error) => {
        this.#leave(path);
        this.#tell.failed(error, path);
      });
      return true;
    } catch (error) {
      if (!goneCodes.has(systemCode(error))) this.#tell.failed(error, path);
      return false;
    }
  }

  #heard(path: string, handle: FSWatcher, kind: string, name: string): void {
    // What a handle still had to tell when it was closed is of a directory that is no longer here.
    const listened = this.#listened.get(path);
    if (listened?.handle !== handle) return;
    // Its own end, or its going elsewhere, bears its own name. The handle may be of no use from then on, even if a directory
    // with the same inode is there anew.
    if (kind === 'rename' && name === basename(path)) {
      this.#listened.set(path, { ...listened, mark: null });
      this.#look(path, false);
    }
    this.event(path, kind, name === '' ? null : name);
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
      const found = await lstat(path);
      return found.isDirectory() ? found : null;
    } catch (error) {
      if (goneCodes.has(systemCode(error))) return null;
      this.#tell.failed(error, path);
      return 'unknown';
    }
  }

  /** Listens to what is in a directory, and to all below it. @param tells - whether files in them are news */
  async #read(directory: string, tells: boolean): Promise<void> {
    const found = await this.#slots.run(() => this.#names(directory, tells));
    await Promise.all(
      found.map(async (path) => {
        if (await this.#slots.run(() => this.#enter(path, true))) await this.#read(path, tells);
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
        if (name.includes(replacement)) {
          if (tells) this.#tell.suspected(directory);
        } else if (entry.isDirectory()) {
          if (this.#filter.enters(name)) directories.push(join(directory, name));
        } else if (tells && this.#filter.accepts(name)) this.#tell.touched(join(directory, name), true);
      }
    } catch (error) {
      if (!goneCodes.has(systemCode(error))) this.#tell.failed(error, directory);
    }
    return directories;
  }
}

/** What tells a directory from another at the same path; an inode's number may be given anew. */
function markOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`;
}
