import { readSnapshot, storedState, type GroupState } from '../../machines/file-group/index.ts';
import { sweepDirectory } from '../archive/index.ts';
import { messageOf } from '../errors/index.ts';
import type { WatchConfig } from '../config/types.ts';
import type { StoredGroup } from '../store/index.ts';
import type { Deliveries } from './deliveries.ts';
import type { LiveGroup } from './live-group.ts';
import type { Delivery, GroupRegistry } from './registry.ts';
import type { Surroundings } from './types.ts';
import { isRootAway } from './watch-root.ts';

/** Groups read together. */
const pageSize = 500;

/** The states in which a group is in the middle of something. */
const busyStates = [
  'assessing',
  'extracting',
  'deciding',
  'transferring',
  'removingSources',
  'adopting',
] as const satisfies readonly GroupState[];

/** The states in which a failed transfer may have left something behind, too. */
const failedStates = ['retryPending', 'failed'] as const satisfies readonly GroupState[];

/** The states in which other rules can change a group's lot. */
const judgedStates = ['notSelected', 'waiting'] as const satisfies readonly GroupState[];

/** Takes up what is stored: groups that a former run left in the middle, and those that other rules left aside. */
export class Resumption {
  readonly #around: Surroundings;
  readonly #registry: GroupRegistry;
  readonly #deliveries: Pick<Deliveries, 'keys' | 'settler'>;
  #isJudgingLate = false;

  constructor(around: Surroundings, registry: GroupRegistry, deliveries: Pick<Deliveries, 'keys' | 'settler'>) {
    this.#around = around;
    this.#registry = registry;
    this.#deliveries = deliveries;
  }

  /** Sweeps the archives of what a dead run left unfinished, and lets its groups go on. */
  async interrupted(): Promise<void> {
    const swept = new Set<string>();
    await this.#eachGroup(failedStates, (groups) => {
      if (!this.#around.dryRun) for (const group of groups) this.#sweep(group, swept);
      return Promise.resolve();
    });
    await this.#eachGroup(busyStates, async (groups) => {
      if (!this.#around.dryRun) for (const group of groups) this.#sweep(group, swept);
      await this.#registry.resume(groups);
    });
  }

  /** A group that was in the middle of something when the rules were exchanged, and comes to rest by the former ones, is judged again. */
  note({ state, context }: LiveGroup): void {
    const isJudged = judgedStates.some((one) => one === state);
    if (!isJudged || context.rulesVersion === this.#around.rules.version || this.#isJudgingLate) return;
    this.#isJudgingLate = true;
    const judge = async () => {
      await this.#registry.whenAtRest();
      this.#isJudgingLate = false;
      await this.outdated();
    };
    judge().catch((error: unknown) => {
      const reason = messageOf(error);
      this.#around.log.warning('groups are judged by the new rules at the next reconciliation', { reason });
    });
  }

  /**
   * Has the groups judged again that were judged by other rules than those in
   * force. Files that belong to another group under these leave theirs, and
   * settle into the other one once that is recorded.
   */
  async outdated(): Promise<void> {
    const { config } = this.#around.project;
    const at = this.#around.clock.now();
    await this.#eachGroup(judgedStates, async (groups) => {
      const deliveries: Delivery[] = [];
      const misplaced: { readonly watch: WatchConfig; readonly path: string }[] = [];
      for (const group of groups) {
        const watch = config.watches.find(({ name }) => name === group.watchName);
        if (watch === undefined) continue;
        const isOutdated = rulesVersionIn(group.envelope.snapshot) !== this.#around.rules.version;
        // Whoever has assessed it by the new rules meanwhile has not asked where it belongs; only a plugin is too dear to ask again.
        if (!isOutdated && this.#around.rules.of(watch).completeness?.groupBy === 'plugin') continue;
        const { groupKey } = group;
        const paths = await this.#misplaced(watch, group);
        if (paths === null || (!isOutdated && paths.length === 0)) continue;
        if (paths.length > 0) deliveries.push({ watch, groupKey, event: { type: 'files.removed', paths, at } });
        deliveries.push({ watch, groupKey, event: { type: 'rules.changed', at } });
        misplaced.push(...paths.map((path) => ({ watch, path })));
      }
      this.#registry.deliver(deliveries);
      await this.#registry.whenRoom();
      if (misplaced.length === 0) return;
      // A file's row is its group's: it is free for the other one when this one has written that it is without it.
      await this.#registry.whenAtRest();
      for (const { watch, path } of misplaced) this.#deliveries.settler.touch(watch, path);
    });
  }

  /**
   * The files of a waiting group that belong to another one under the rules in force; what is archived stays what it is.
   * Null: that cannot be said now, and is asked again.
   */
  async #misplaced(watch: WatchConfig, group: StoredGroup): Promise<readonly string[] | null> {
    const read = group.state === 'waiting' ? readSnapshot(group.envelope) : null;
    if (read === null || !read.ok) return [];
    const components = Object.values(read.snapshot.context.components);
    if (components.some(({ archived }) => archived !== null)) return [];
    const paths = components.filter(({ inDelivery }) => inDelivery).map(({ path }) => path);
    const keys = await Promise.all(paths.map((path) => this.#deliveries.keys.of(watch, path)));
    if (keys.includes(null)) return null;
    const misplaced = paths.filter((_, i) => keys[i] !== group.groupKey);
    // Of a disk that is away nothing settles anew.
    return misplaced.length > 0 && (await isRootAway(this.#around, watch)) ? null : misplaced;
  }

  #sweep(group: StoredGroup, swept: Set<string>): void {
    const directory = destinationIn(group.envelope.snapshot);
    if (directory === null || swept.has(directory)) return;
    swept.add(directory);
    try {
      const count = sweepDirectory(directory, this.#around.instance);
      if (count > 0) this.#around.log.info('removed what a former run left unfinished', { directory, files: count });
    } catch (error) {
      // One archive that cannot be written must not keep the others waiting.
      const reason = messageOf(error);
      this.#around.log.warning('what a former run left unfinished cannot be removed', { directory, reason });
    }
  }

  async #eachGroup(
    states: readonly GroupState[],
    run: (groups: readonly StoredGroup[]) => Promise<void>,
  ): Promise<void> {
    const names = this.#around.project.config.watches.map(({ name }) => name);
    let lastId = 0;
    for (;;) {
      const page = await this.#around.groups.groupsInStates(names, states.map(storedState), lastId, pageSize);
      const last = page.at(-1);
      if (last === undefined) return;
      lastId = last.id;
      await run(page);
    }
  }
}

function contextIn(snapshot: unknown): object | null {
  if (typeof snapshot !== 'object' || snapshot === null || !('context' in snapshot)) return null;
  return typeof snapshot.context === 'object' ? snapshot.context : null;
}

function rulesVersionIn(snapshot: unknown): string | null {
  const context = contextIn(snapshot);
  const has = context !== null && 'rulesVersion' in context && typeof context.rulesVersion === 'string';
  return has && typeof context.rulesVersion === 'string' ? context.rulesVersion : null;
}

/** The directory into which a stored group is transferred, or null. */
export function destinationIn(snapshot: unknown): string | null {
  const context = contextIn(snapshot);
  if (context === null || !('destination' in context)) return null;
  const { destination } = context;
  const has = typeof destination === 'object' && destination !== null && 'directory' in destination;
  return has && typeof destination.directory === 'string' ? destination.directory : null;
}
