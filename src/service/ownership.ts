import { basename, relative, sep } from 'node:path';
import type { Config, WatchConfig } from '../config/types.ts';
import { isBelow } from '../core/index.ts';
import { nameFilter, type NameFilter } from '../watch/index.ts';

/**
 * Which watch a file belongs to, where watches overlap: the first one in
 * config.toml that takes it. What lies in an archive belongs to none.
 */
export class Ownership {
  readonly #watches: readonly WatchConfig[];
  readonly #filters: ReadonlyMap<string, NameFilter>;
  readonly #archivePaths: readonly string[];

  constructor(config: Pick<Config, 'watches' | 'archives'>) {
    this.#watches = config.watches;
    this.#filters = new Map(config.watches.map((watch) => [watch.name, nameFilter(watch)]));
    // Only those that lie in a watch can be met there.
    this.#archivePaths = config.archives
      .map(({ basePath }) => basePath)
      .filter((path) => config.watches.some((watch) => isBelow(watch.path, path)));
  }

  /** Directories that must not be read for deliveries: the archives. */
  get excluded(): readonly string[] {
    return this.#archivePaths;
  }

  /** Whether there is a watch of this name. */
  isConfigured(watchName: string): boolean {
    return this.#filters.has(watchName);
  }

  /** Whether a file that was seen by this watch is for this watch. */
  isFor(watch: WatchConfig, path: string): boolean {
    if (this.#archivePaths.some((archive) => isBelow(archive, path))) return false;
    if (this.#watches.length < 2) return true;
    return this.#watches.find((candidate) => this.#takes(candidate, path))?.name === watch.name || !this.#isTaken(path);
  }

  #isTaken(path: string): boolean {
    return this.#watches.some((watch) => this.#takes(watch, path));
  }

  #takes(watch: WatchConfig, path: string): boolean {
    if (!isBelow(watch.path, path)) return false;
    const isDirect = !relative(watch.path, path).includes(sep);
    return (isDirect || watch.recursive) && this.#filters.get(watch.name)?.accepts(basename(path)) === true;
  }
}
