import { basename, dirname, join, relative } from 'node:path';
import type { Config, WatchConfig } from '../../config/types.ts';
import { isBelow, Latest } from '../../core/index.ts';
import { CarbonationError } from '../../errors/index.ts';
import { isEntered, nameFilter, type NameFilter } from '../../watch/index.ts';
import { realPathOf } from './real-paths.ts';

interface Reader {
  readonly watch: WatchConfig;
  readonly filter: NameFilter;
  /** Directories of other watches that its scan does not come to: a link is on the way. */
  readonly unread: readonly string[];
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
  /** Directories that must not be read for deliveries: the archives, by the paths by which watches come to them, and where they are. */
  readonly excluded: readonly string[];
  /** The watches that read a directory; null: it lies in an archive. */
  readonly #readers = new Latest<string, readonly Reader[] | null>(mostDirectories);

  /** @param realPaths - where the directories of the configuration really are, behind links, by their paths; absent: there */
  constructor({ watches, archives }: Pick<Config, 'watches' | 'archives'>, realPaths = new Map<string, string>()) {
    const realOf = (path: string) => realPaths.get(path) ?? path;
    this.#watches = watches.map((watch) => ({
      watch,
      filter: nameFilter(watch),
      unread: watches.map(({ path }) => path).filter((path) => isBehindLink(watch, path, realOf)),
    }));
    this.#named = new Map(watches.map((watch) => [watch.name, watch]));
    // Only those that lie in a watch can be met there.
    const met = archives.flatMap(({ basePath }) => watches.flatMap((watch) => pathsIn(watch, basePath, realOf)));
    this.#archivePaths = [...new Set(met)];
    this.excluded = [...new Set([...met, ...archives.map(({ basePath }) => realOf(basePath))])];
  }

  /** Finds out where the directories of a configuration are now. */
  static async of(config: Pick<Config, 'watches' | 'archives'>): Promise<Ownership> {
    const paths = [...config.watches.map(({ path }) => path), ...config.archives.map(({ basePath }) => basePath)];
    const found = paths.map(async (path) => [path, await realPathOf(path)] as const);
    return new Ownership(config, new Map(await Promise.all(found)));
  }

  /** The watch of this name, if it is still in config.toml. */
  watchOf(watchName: string): WatchConfig | null {
    return this.#named.get(watchName) ?? null;
  }

  /**
   * The watch of this name.
   *
   * @throws CarbonationError CONFIG_INVALID: it is not in config.toml any more
   */
  watchNamed(watchName: string): WatchConfig {
    const found = this.watchOf(watchName);
    if (found !== null) return found;
    throw new CarbonationError('CONFIG_INVALID', `the watch "${watchName}" is not in config.toml`);
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
    const isArchive = this.#archivePaths.some((archive) => isBelow(archive, directory));
    const readers = isArchive ? null : this.#watches.filter((reader) => isReadBy(reader, directory));
    this.#readers.set(directory, readers);
    return readers;
  }
}

/** By which paths a watch comes to an archive: its own, and that without the links in it. */
function pathsIn(watch: WatchConfig, archive: string, realOf: (path: string) => string): readonly string[] {
  const own = isBelow(watch.path, archive) ? [archive] : [];
  const root = realOf(watch.path);
  const real = realOf(archive);
  return isBelow(root, real) ? [...own, join(watch.path, relative(root, real))] : own;
}

/** Whether a directory below a watch is reached through a link that the watch does not follow. */
function isBehindLink(watch: WatchConfig, directory: string, realOf: (path: string) => string): boolean {
  if (watch.followSymlinks || !isBelow(watch.path, directory)) return false;
  return realOf(directory) !== join(realOf(watch.path), relative(watch.path, directory));
}

/** Whether a scan of a watch comes to a directory. */
function isReadBy({ watch, filter, unread }: Reader, directory: string): boolean {
  if (directory === watch.path) return true;
  if (unread.some((path) => isBelow(path, directory))) return false;
  return watch.recursive && isBelow(watch.path, directory) && isEntered(watch, filter, directory);
}
