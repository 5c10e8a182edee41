import { realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { WatchConfig } from '../config/types.ts';
import { entryPath, isBelow } from '../core/index.ts';
import { isEntered, nameInWatch, type NameFilter } from './names.ts';

/** A directory that a watch, or a link on the way, leads to: what is below it is read from there. */
interface Tree {
  readonly path: string;
  readonly real: string;
}

/** How a directory is reached: the watch's own one, then each link on the way. Empty where links are not followed, or nobody knows. */
export type Way = readonly Tree[];

/**
 * By which paths a watch that follows links comes to directories. Only the way itself decides, never what else there is: so a scan
 * and the listening thread agree, and what has been taken under a path keeps it.
 *
 * - Each path is a file of its own: what two links lead to is taken under both.
 * - A link that leads back into what is read on the way to it is not followed: what is there is taken under its path there.
 * - What lies in an archive is not read, whatever leads there.
 */
export class Ways {
  readonly #watch: Pick<WatchConfig, 'path' | 'followSymlinks'>;
  readonly #filter: NameFilter;
  readonly #excluded: readonly string[];
  #root: Promise<string> | null = null;

  /** @param excluded - directories that are not read: of links, what they lead to */
  constructor(watch: Pick<WatchConfig, 'path' | 'followSymlinks'>, filter: NameFilter, excluded: readonly string[]) {
    this.#watch = watch;
    this.#filter = filter;
    this.#excluded = excluded;
  }

  /**
   * The way to a directory from the watch's own one; null: it is not read by this path. Where that cannot be found out, it has gone,
   * or whoever reads it says why not.
   */
  async to(directory: string): Promise<Way | null> {
    const { path, followSymlinks } = this.#watch;
    if (!followSymlinks) return [];
    try {
      this.#root ??= realpath(path);
      const [root, real] = await Promise.all([this.#root, realpath(directory)]);
      let way: Way | null = [{ path, real: root }];
      if (real === placeOf(way, directory)) return way;
      let at = path;
      for (const name of nameInWatch(this.#watch, directory).split('/')) {
        at = entryPath(at, name);
        way = await this.through(way, at);
        if (way === null) return null;
      }
      return way;
    } catch {
      return [];
    }
  }

  /** The way to a directory in one that is reached by a way. */
  below(way: Way, directory: string): Way | null {
    const real = placeOf(way, directory);
    // Where no link is on the way, each directory is where it is.
    return way.length < 2 || real === null || this.#isRead(way, directory, real) ? way : null;
  }

  /** The way to what may be a link to a directory, in one that is reached by a way. */
  async through(way: Way, path: string): Promise<Way | null> {
    if (way.length === 0) return way;
    const real = await realpath(path).catch(() => null);
    if (real === null || real === placeOf(way, path)) return this.below(way, path);
    return this.#isRead(way, path, real) ? [...way, { path, real }] : null;
  }

  #isRead(way: Way, directory: string, real: string): boolean {
    const isElsewhere = way.some((tree) => {
      if (!isBelow(tree.real, real)) return false;
      const own = join(tree.path, relative(tree.real, real));
      return own !== directory && isEntered(this.#watch, this.#filter, own);
    });
    return !isElsewhere && !this.#excluded.some((path) => isBelow(path, real) && !isBelow(path, way[0]?.real ?? ''));
  }
}

/** Where a directory is, if it is no link itself. */
function placeOf(way: Way, directory: string): string | null {
  const tree = way.at(-1);
  return tree === undefined ? null : join(tree.real, nameInWatch(tree, directory));
}
