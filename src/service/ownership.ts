import { basename, dirname } from 'node:path';
import type { Config, WatchConfig } from '../config/types.ts';
import { isBelow } from '../core/index.ts';
import { isEntered, nameFilter, type NameFilter } from '../watch/index.ts';

interface Reader {
  readonly watch: WatchConfig;
  readonly filter: NameFilter;
}

/** Directories whose readers are remembered, about 2 MB: many files are asked about, of few directories. */
const mostDirectories = 10_000;

/**
 * Which watch a file belongs to, where watches overlap: the first one in
 * config.toml that takes it. What lies in an archive belongs to none.
 */
export class Ownership {
  readonly #watches: readonly Reader[];
  readonly #named: ReadonlyMap<string, WatchConfig>;
  readonly #archivePaths: readonly string[];
  /** The watches that read a directory; null: it lies in an archive. */
  readonly #readers = new Map<string, readonly Reader[] | null>();

  constructor(config: Pick<Config, 'watches' | 'archives'>) {
    this.#watches = config.watches.map((watch) => ({ watch, filter: nameFilter(watch) }));
    this.#named = new Map(config.watches.map((watch) => [watch.name, watch]));
    // Only those that lie in a watch can be met there.
    this.#archivePaths = config.archives
      .map(({ basePath }) => basePath)
      .filter((path) => config.watches.some((watch) => isBelow(watch.path, path)));
  }

  /** Directories that must not be read for deliveries: the archives. */
  get excluded(): readonly string[] {
    return this.#archivePaths;
  }

  /** The watch of this name, if it is still in config.toml. */
  watchOf(watchName: string): WatchConfig | null {
    return this.#named.get(watchName) ?? null;
  }

  /** Whether a file that was seen by this watch is for this watch. */
  isFor(watch: WatchConfig, path: string): boolean {
    if (this.#watches.length < 2 && this.#archivePaths.length === 0) return true;
    if (this.#readersOf(dirname(path)) === null) return false;
    const owner = this.ownerOf(path);
    return owner === null || owner.name === watch.name;
  }

  /** The watch that a file belongs to; null: none takes it. */
  ownerOf(path: string): WatchConfig | null {
    const name = basename(path);
    return this.#readersOf(dirname(path))?.find(({ filter }) => filter.accepts(name))?.watch ?? null;
  }

  #readersOf(directory: string): readonly Reader[] | null {
    const known = this.#readers.get(directory);
    if (known !== undefined) return known;
    if (this.#readers.size >= mostDirectories) this.#readers.clear();
    const isArchive = this.#archivePaths.some((archive) => isBelow(archive, directory));
    const readers = isArchive ? null : this.#watches.filter((reader) => isReadBy(reader, directory));
    this.#readers.set(directory, readers);
    return readers;
  }
}

/** Whether a scan of a watch comes to a directory. */
function isReadBy({ watch, filter }: Reader, directory: string): boolean {
  if (directory === watch.path) return true;
  return watch.recursive && isBelow(watch.path, directory) && isEntered(watch, filter, directory);
}
