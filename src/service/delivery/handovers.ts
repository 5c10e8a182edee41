import { listByPath } from '../../../machines/by-path.ts';
import { readSnapshot } from '../../../machines/file-group/index.ts';
import { isSameIdentity, stableKey } from '../../core/index.ts';
import type { KnownFile, StoredGroup } from '../../store/index.ts';
import type { SettledFile } from '../../watch/index.ts';
import type { Delivery } from '../group/inbox.ts';
import type { GroupRegistry } from '../group/registry.ts';
import type { Surroundings } from '../types.ts';

/** A file as the watch has seen it that it belongs to, and as the database knows it: in a group of another watch. */
export interface MovedFile {
  readonly seen: SettledFile;
  readonly known: KnownFile;
}

/**
 * Files that belong to another watch by now than to the one whose group has them. A file's row is its group's: the group
 * lets go of it, and once that is on record the file is free for the other watch.
 */
export class Handovers {
  readonly #around: Surroundings;
  readonly #registry: GroupRegistry;
  readonly #onFree: (files: readonly SettledFile[]) => void;
  /** By path, as they were seen last. */
  readonly #leaving = new Map<string, SettledFile>();

  constructor(around: Surroundings, registry: GroupRegistry, onFree: (files: readonly SettledFile[]) => void) {
    this.#around = around;
    this.#registry = registry;
    this.#onFree = onFree;
  }

  /** Files that are not free yet. */
  get depth(): number {
    return this.#leaving.size;
  }

  /** A file that is gone goes to nobody. */
  forget(path: string): void {
    this.#leaving.delete(path);
  }

  /** Has groups let go of these files; resolves when they have been told. */
  async begin(files: readonly MovedFile[]): Promise<void> {
    const begun = files.filter(({ seen }) => !this.#leaving.has(seen.path));
    for (const { seen } of files) if (this.#leaving.has(seen.path)) this.#leaving.set(seen.path, seen);
    if (begun.length === 0) return;
    const byGroup = Map.groupBy(begun, ({ known }) => stableKey(known.watchName, known.groupKey));
    const stored = await this.#around.groups.groupsByKey([...byGroup.keys()]);
    const deliveries = [...byGroup].flatMap(([hash, moved]) => this.#letGo(moved, stored.get(hash)) ?? []);
    if (deliveries.length === 0) return;
    this.#registry.deliver(deliveries);
    this.#around.background.track(this.#free(deliveries));
  }

  /** What tells a group which files go; null: it keeps them. */
  #letGo(moved: readonly MovedFile[], stored: StoredGroup | undefined): Delivery | null {
    const { clock, log, ownership } = this.#around;
    const [first] = moved;
    const watch = first === undefined ? null : ownership.watchOf(first.known.watchName);
    if (first === undefined || watch === null) return null;
    const { groupKey } = first.known;
    const leaving = this.#leavingWith(moved, stored);
    if (leaving.length === 0) return null;
    for (const file of leaving) this.#leaving.set(file.path, file);
    log.info('files go to the watch that they belong to by now', {
      watch: first.seen.watch.name,
      former: watch.name,
      group: groupKey,
      files: leaving.length,
    });
    const paths = leaving.map(({ path }) => path);
    return { watch, groupKey, event: { type: 'files.removed', paths, at: clock.now() } };
  }

  /**
   * These files, and with them the others of their group that belong to other watches: what was delivered together is
   * archived together. Unless one of them has changed, a group that has been archived in part is finished where it was begun.
   */
  #leavingWith(moved: readonly MovedFile[], stored: StoredGroup | undefined): readonly SettledFile[] {
    const { ownership } = this.#around;
    const seen = new Map(moved.map((one) => [one.seen.path, one.seen]));
    const read = stored === undefined ? null : readSnapshot(stored.envelope);
    if (read === null || !read.ok) return [...seen.values()];
    const components = listByPath(read.snapshot.context.components).filter(({ inDelivery }) => inDelivery);
    const hasChanged = moved.some((one) => !isSameIdentity(one.seen.identity, one.known));
    if (!hasChanged && components.some(({ isCurrent }) => isCurrent)) return [];
    for (const { path, identity } of components) {
      const owner = ownership.ownerOf(path);
      const isElsewhere = owner !== null && owner.name !== read.snapshot.context.watchName;
      if (isElsewhere && !seen.has(path) && !this.#leaving.has(path)) seen.set(path, { watch: owner, path, identity });
    }
    return [...seen.values()];
  }

  async #free(deliveries: readonly Delivery[]): Promise<void> {
    await this.#registry.whenAtRest(deliveries);
    const paths = deliveries.flatMap(({ event }) => (event.type === 'files.removed' ? event.paths : []));
    const files = paths.flatMap((path) => this.#leaving.get(path) ?? []);
    for (const path of paths) this.#leaving.delete(path);
    this.#onFree(files);
  }
}
