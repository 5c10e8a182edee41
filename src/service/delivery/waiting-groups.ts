import { basename, dirname, join } from 'node:path';
import type { WatchConfig } from '../../config/types.ts';
import { checksumManifests, isManifest, sidecarTarget, stableKey, Turns } from '../../core/index.ts';
import { messageOf } from '../../errors/index.ts';
import { checksChecksums } from '../../rules/index.ts';
import type { KnownFile } from '../../store/index.ts';
import { groupPages } from '../group/pages.ts';
import type { GroupRegistry } from '../group/registry.ts';
import type { Surroundings } from '../types.ts';

/** A file that has come. */
interface Arrived {
  readonly watch: WatchConfig;
  readonly path: string;
}

/** What waking them needs of the intake. */
export interface WaitingHooks {
  /** The group of a file, given what is known of it; null: there is none. */
  readonly keyOf: (watch: WatchConfig, path: string, known: KnownFile | undefined) => Promise<string | null>;
  readonly isClosed: () => boolean;
  /** What waited for a manifest in a watch has been told that one has come. */
  readonly onTold: () => void;
}

/** Groups that may have been waiting for files of checksums, or for the files that these list. */
export class WaitingGroups {
  readonly #around: Surroundings;
  readonly #registry: GroupRegistry;
  readonly #hooks: WaitingHooks;
  /** The watches in which a manifest has come: whoever takes files in does not wait until there is room for all that waits there. */
  readonly #told: Turns;
  /** Those of them whose turn has not come yet. */
  readonly #toTell = new Set<WatchConfig>();

  constructor(around: Surroundings, registry: GroupRegistry, hooks: WaitingHooks) {
    this.#around = around;
    this.#registry = registry;
    this.#hooks = hooks;
    this.#told = new Turns(hooks.onTold);
  }

  /** Watches of which what waits is being told. */
  get depth(): number {
    return this.#told.open;
  }

  /**
   * Has what may have been waiting for files that have come looked at again.
   *
   * @param vouchers - files of checksums that no watch takes
   */
  async wake(seen: readonly Arrived[], vouchers: readonly Arrived[]): Promise<void> {
    const vouching = vouchers.filter(({ watch }) => this.#checksChecksums(watch));
    const beside = new Map<string, WatchConfig>();
    for (const { watch, path } of seen) {
      if (!this.#checksChecksums(watch)) continue;
      for (const [name] of checksumManifests) beside.set(join(dirname(path), name), watch);
    }
    // A manifest waits for the files that it lists, and a file for its sidecar.
    await this.#wakeGroupsOf([...beside], ({ status }) => status === 'waiting' || status === 'detected');
    const vouched = vouching.flatMap(({ watch, path }) => {
      const target = sidecarTarget(path);
      return target === null ? [] : [[target, watch] as const];
    });
    await this.#wakeGroupsOf(vouched, () => true);
    const manifests = [...seen, ...vouching].filter(({ path }) => isManifest(basename(path)));
    for (const { watch } of manifests) this.#wakeLater(watch);
  }

  #checksChecksums(watch: WatchConfig): boolean {
    return checksChecksums(this.#around.rules.of(watch).integrity);
  }

  /** Has the groups of files looked at again, unless what is known of the file says that it does not wait. */
  async #wakeGroupsOf(
    files: readonly (readonly [string, WatchConfig])[],
    mayWait: (known: KnownFile) => boolean,
  ): Promise<void> {
    if (files.length === 0) return;
    const known = await this.#around.groups.knownFiles(files.map(([path]) => stableKey(path)));
    const event = { type: 'assessment.requested', at: this.#around.clock.now() } as const;
    for (const [path, watch] of files) {
      const file = known.get(stableKey(path));
      // One that is not recorded yet may be in memory; to a group that there is not, nothing happens.
      if (file !== undefined && !mayWait(file)) continue;
      const groupKey = await this.#hooks.keyOf(watch, path, file?.watchName === watch.name ? file : undefined);
      if (groupKey !== null) this.#registry.deliver([{ watch, groupKey, event }]);
    }
  }

  #wakeLater(watch: WatchConfig): void {
    if (this.#toTell.has(watch)) return;
    this.#toTell.add(watch);
    void this.#told.run(watch.name, () => this.#wakeAll(watch));
  }

  /** A manifest has come: what waits in its watch may be waiting for it. */
  async #wakeAll(watch: WatchConfig): Promise<void> {
    this.#toTell.delete(watch);
    const event = { type: 'assessment.requested', at: this.#around.clock.now() } as const;
    this.#registry.tellLive(watch, event);
    try {
      for await (const page of groupPages(this.#around.groups, [watch], ['waiting'])) {
        if (this.#hooks.isClosed()) return;
        this.#registry.deliver(page.map(({ groupKey }) => ({ watch, groupKey, event })));
        await this.#registry.whenRoom(watch.name);
      }
    } catch (error) {
      this.#around.log.warning('what waits for a manifest could not be looked at again; the next reconciliation does', {
        watch: watch.name,
        reason: messageOf(error),
      });
    }
  }
}
