import { contextIn, isResting, readSnapshot, storedState, type GroupState } from '../../machines/file-group/index.ts';
import { inTime, stableKey } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import type { WatchConfig } from '../config/types.ts';
import type { StoredGroup } from '../store/index.ts';
import type { Deliveries } from './delivery/deliveries.ts';
import type { Entered } from './group/live-group.ts';
import { isNamed } from './group/keys.ts';
import { groupPages } from './group/pages.ts';
import { Leftovers } from './leftovers.ts';
import { judgeAnew, judgingStates, looseIn } from './group/rejudging.ts';
import type { Delivery } from './group/inbox.ts';
import type { GroupRegistry } from './group/registry.ts';
import type { Stray } from './group/strays.ts';
import type { Surroundings } from './types.ts';
import { isRootAway } from './group/watch-root.ts';

/** Groups read together. */
const pageSize = 500;

/** How long whoever goes on with other things waits until all groups of a watch have been told, in ms: they may take for ever. */
const patienceMs = 60_000;

/** The states in which a group is in the middle of something. */
const busyStates = [
  'assessing',
  'extracting',
  'deciding',
  'transferring',
  'removingSources',
  'adopting',
] as const satisfies readonly GroupState[];

/** The states in which other rules can change a group's lot. */
const judgedStates = ['notSelected', 'waiting'] as const satisfies readonly GroupState[];

/** The states in which a group's files can go to another one; one that was refused is looked at again in any case. */
const looseStates: ReadonlySet<string> = new Set(
  ([...judgedStates, 'integrityFailed', 'timedOut'] as const).map(storedState),
);

/** Those of them that a reconciliation finds: what was not selected is judged when the rules change. */
const openStates: ReadonlySet<string> = new Set((['waiting', 'integrityFailed', 'timedOut'] as const).map(storedState));

/** A file that belongs to another group than the one that has it. */
interface Misplaced {
  readonly watch: WatchConfig;
  readonly groupKey: string;
  readonly path: string;
}

/** Takes up what is stored: groups that a former run left in the middle, and those that other rules left aside. */
export class Resumption {
  readonly #around: Surroundings;
  readonly #registry: GroupRegistry;
  readonly #deliveries: Pick<Deliveries, 'intake' | 'keys' | 'settler'>;
  #isJudgingLate = false;
  /** Groups that are letting go of what belongs to others. */
  readonly #regrouping = new Set<Promise<unknown>>();

  constructor(
    around: Surroundings,
    registry: GroupRegistry,
    deliveries: Pick<Deliveries, 'intake' | 'keys' | 'settler'>,
  ) {
    this.#around = around;
    this.#registry = registry;
    this.#deliveries = deliveries;
  }

  /** Sweeps the archives of what a dead run left unfinished, and lets its groups go on. */
  async interrupted(): Promise<void> {
    const leftovers = new Leftovers(this.#around);
    const open = await this.#around.groups.openDirectories();
    const closed = await leftovers.sweep(open);
    // They stay on record, also when this run writes into them.
    const left = open.filter((directory) => !closed.includes(directory));
    for (const directory of left) this.#registry.openDirectories.leave(directory);
    if (closed.length > 0)
      await this.#around.groups.recordDirectories({ opened: [], closed, at: this.#around.clock.now() });
    for await (const groups of this.#busyPages()) {
      // A version before `open_directories` has left only the groups themselves.
      const directories = groups.flatMap(({ envelope }) => destinationIn(envelope.snapshot) ?? []);
      if (!this.#around.dryRun) await leftovers.sweep(directories);
      await this.#registry.resume(groups);
    }
  }

  /**
   * Lets the groups go on that are in the middle of something on record only: a reconciliation of the archive was adopting files into
   * them when it was killed, or the database has lost what came after, by a fail-over.
   */
  async abandoned(): Promise<void> {
    for await (const groups of this.#busyPages()) {
      for (const { watchName, groupKey } of groups) {
        const watch = this.#around.ownership.watchOf(watchName);
        if (watch === null || this.#registry.isLive(watchName, groupKey)) continue;
        // Read again: by now it may have come to rest.
        await this.#registry.takeUp({ watch, groupKey, paths: [], reason: null });
      }
    }
  }

  /**
   * A group that was in the middle of something when the rules were exchanged, and comes to rest by the former ones, is judged again.
   * One that has met the rules in force by another way than an exchange of rules, such as a retry or a new delivery, lets go of what
   * belongs to others.
   */
  note(entered: Entered): void {
    const { state, context } = entered;
    if (this.#isDoubtful(entered) || this.#isRegrouped(entered))
      this.#regroupLater(this.#regroup(context.watchName, context.groupKey));
    const isJudged = judgedStates.some((one) => one === state);
    if (!isJudged || context.rulesVersion === this.#around.rules.version || this.#isJudgingLate) return;
    this.#isJudgingLate = true;
    const judge = async () => {
      await this.#registry.whenAtRest();
      this.#isJudgingLate = false;
      await this.outdated();
    };
    this.#regroupLater(
      judge().catch((error: unknown) => {
        const reason = messageOf(error);
        this.#around.log.warning('groups are judged by the new rules at the next reconciliation', { reason });
      }),
    );
  }

  /** Whether groups are letting go of what belongs to others. */
  get isRegrouping(): boolean {
    return this.#regrouping.size > 0;
  }

  /** Resolves when groups have let go of what belongs to others, which settles now; whether there were any. */
  async whenRegrouped(): Promise<boolean> {
    const wasRegrouping = this.isRegrouping;
    while (this.isRegrouping) await Promise.all(this.#regrouping);
    return wasRegrouping;
  }

  /** Whether a file has been sent to the group, which has come to rest, by rules that are no longer in force. */
  #isDoubtful({ key, state, context }: Entered): boolean {
    if (!isResting(state)) return false;
    const isByOthers = this.#deliveries.intake.keyed.take(key, context, this.#around.rules.version);
    return isByOthers && looseStates.has(storedState(state));
  }

  #isRegrouped({ state, context }: Entered): boolean {
    const watch = looseStates.has(storedState(state)) ? this.#around.ownership.watchOf(context.watchName) : null;
    if (watch === null) return false;
    // What is archived in part was selected, maybe by rules whose plugin has not been asked.
    return looseIn(context).some(
      ({ path, isCurrent }) => isCurrent || this.#deliveries.keys.isElsewhere(watch, path, context.groupKey),
    );
  }

  async #regroup(watchName: string, groupKey: string): Promise<void> {
    try {
      const found = await this.#around.groups.groupsByKey([stableKey(watchName, groupKey)]);
      await this.#judge([...found.values()], true);
    } catch (error) {
      const fields = { watch: watchName, group: groupKey, reason: messageOf(error) };
      this.#around.log.warning('files go to the group that they belong to at the next reconciliation', fields);
    }
  }

  /** The same for a group that has changed since it was judged, and may have other files by now. */
  async #regroupAtRest(watch: WatchConfig, groupKey: string): Promise<void> {
    await this.#registry.whenAtRest([{ watch, groupKey }]);
    await this.#regroup(watch.name, groupKey);
  }

  /** Has the groups judged again that were judged by other rules than those in force. */
  async outdated(): Promise<void> {
    await this.#judgeAll(this.#around.rules.version);
  }

  /**
   * The same when rules have just been exchanged: whoever has assessed a group by the new ones meanwhile has not asked
   * where its files belong. What is being judged begins anew, at once.
   */
  async rejudge(): Promise<void> {
    const { settler, intake } = this.#deliveries;
    for (const watch of this.#around.project.config.watches) {
      for (const path of intake.ungrouped.paths(watch.name)) settler.touch(watch, path);
      this.#registry.tellLive(watch, judgeAnew(this.#around, watch), judgingStates);
    }
    await this.#judgeAll(null);
  }

  /** Has what has gone astray noticed anew; false: that cannot be done now. */
  async takeUp(stray: Stray): Promise<boolean> {
    try {
      const atRest = await this.#registry.takeUp(stray);
      return atRest === null || (await this.#again(atRest));
    } catch (error) {
      const fields = { watch: stray.watch.name, group: stray.groupKey, reason: messageOf(error) };
      this.#around.log.warning('a group cannot be taken up now', fields);
      return false;
    }
  }

  /**
   * Has a group at rest looked at again that may not have heard of its files, or of the rules in force. False: which files are its own
   * cannot be said now.
   */
  async #again(group: StoredGroup): Promise<boolean> {
    const { groupKey, state } = group;
    const watch = this.#around.ownership.watchOf(group.watchName);
    if (watch === null || !looseStates.has(state)) return true;
    const told = await this.#judge([group]);
    if (told.has(groupKey)) return true;
    if (!openStates.has(state)) return rulesVersionIn(group.envelope.snapshot) === this.#around.rules.version;
    const event = { type: 'assessment.requested', at: this.#around.clock.now() } as const;
    this.#registry.deliver([{ watch, groupKey, event }]);
    return true;
  }

  /** Has these groups let go of files that belong to others, where they wait or were refused. */
  async misplaced(groupKeys: ReadonlyMap<WatchConfig, ReadonlySet<string>>): Promise<void> {
    await this.#ofEach([...groupKeys.keys()], async (watch) => {
      const hashes = [...(groupKeys.get(watch) ?? [])].map((key) => stableKey(watch.name, key));
      for (let start = 0; start < hashes.length; start += pageSize) {
        const found = await this.#around.groups.groupsByKey(hashes.slice(start, start + pageSize));
        const told = await this.#judge([...found.values()].filter(({ state }) => openStates.has(state)));
        // Who keeps its files may have been waiting to be looked at again.
        const event = { type: 'assessment.requested', at: this.#around.clock.now() } as const;
        const others = [...found.values()].filter(({ groupKey }) => !told.has(groupKey));
        this.#registry.deliver(others.map(({ groupKey }) => ({ watch, groupKey, event })));
        await this.#registry.whenRoom(watch.name);
      }
    });
  }

  /** Does something for each watch. One whose groups take for ever keeps neither the others nor the caller: its rest is done by and by. */
  async #ofEach(watches: readonly WatchConfig[], work: (watch: WatchConfig) => Promise<void>): Promise<void> {
    const all = Promise.all(watches.map(work));
    this.#regroupLater(all.catch(() => undefined));
    await inTime(this.#around.clock, patienceMs, all);
  }

  /**
   * Files that belong to another group under the rules in force leave theirs, and settle into the other one once that is
   * recorded, which is not waited for; the keys of the groups that are judged again.
   *
   * @param asksPlugin - also about groups that have been judged by the rules in force
   */
  async #judge(groups: readonly StoredGroup[], asksPlugin = false): Promise<ReadonlySet<string>> {
    const at = this.#around.clock.now();
    // Before anything is waited for: the rules can be exchanged meanwhile.
    const rulesVersion = this.#around.rules.version;
    const deliveries: Delivery[] = [];
    const misplaced: Misplaced[] = [];
    for (const group of groups) {
      const watch = this.#around.ownership.watchOf(group.watchName);
      // What is at something again is judged when it rests: which files are its own has not been asked until then.
      if (watch === null || !looseStates.has(group.state)) continue;
      const isOutdated = rulesVersionIn(group.envelope.snapshot) !== rulesVersion;
      // A plugin is too dear to be asked at each start: a group that it makes counts as outdated until it has been asked.
      const isLeft = !isOutdated && !asksPlugin;
      if (isLeft && this.#around.rules.of(watch).completeness?.groupBy === 'plugin') continue;
      const { groupKey } = group;
      const paths = await this.#misplacedIn(watch, group);
      if (paths === null || (!isOutdated && paths.length === 0)) continue;
      const onStale = () => this.#regroupLater(this.#regroupAtRest(watch, groupKey));
      const told = { watch, groupKey, decidedBy: { lockVersion: group.lockVersion, onStale } };
      // In one event: where the record of one is lost, a group that has its files still must not count as judged by these rules.
      const exchange = { rulesVersion, at };
      if (paths.length > 0) deliveries.push({ ...told, event: { type: 'files.removed', paths, ...exchange } });
      else deliveries.push({ ...told, event: { type: 'rules.changed', ...exchange } });
      misplaced.push(...paths.map((path) => ({ watch, groupKey, path })));
    }
    for (const { path } of misplaced) this.#deliveries.intake.release(path);
    this.#registry.deliver(deliveries);
    for (const name of new Set(deliveries.map(({ watch }) => watch.name))) await this.#registry.whenRoom(name);
    const told = new Set(deliveries.map(({ groupKey }) => groupKey));
    if (misplaced.length > 0) this.#regroupLater(this.#settleFreed(misplaced));
    return told;
  }

  /** A file's row is its group's: it is free for the other one when this one has written that it is without it. */
  async #settleFreed(misplaced: readonly Misplaced[]): Promise<void> {
    await this.#registry.whenAtRest(misplaced);
    for (const { watch, path } of misplaced) this.#deliveries.settler.touch(watch, path);
  }

  /** Nobody else is held up by it: the disk that a group is archived to meanwhile may not answer. */
  #regroupLater(work: Promise<unknown>): void {
    const regrouping: Promise<unknown> = work.finally(() => this.#regrouping.delete(regrouping));
    this.#regrouping.add(regrouping);
  }

  /**
   * The files of a group at rest that belong to another one under the rules in force. What is archived stays what it is,
   * but other content that was delivered under its name goes there. Null: that cannot be said now, and is asked again.
   */
  async #misplacedIn(watch: WatchConfig, group: StoredGroup): Promise<readonly string[] | null> {
    const read = readSnapshot(group.envelope);
    if (!read.ok) return [];
    const paths = looseIn(read.snapshot.context)
      .filter(({ path }) => isNamed(watch, path))
      .map(({ path }) => path);
    const keys = await Promise.all(paths.map((path) => this.#deliveries.keys.of(watch, path)));
    if (keys.includes(null)) return null;
    const misplaced = paths.filter((_, i) => keys[i] !== group.groupKey);
    // Of a disk that is away nothing settles anew.
    return misplaced.length > 0 && (await isRootAway(this.#around, watch)) ? null : misplaced;
  }

  /** State by state: pages of a single one need no sorting, of which there may be a million groups; one may be met again in another. */
  async #judgeAll(rulesVersion: string | null): Promise<void> {
    const { groups, project } = this.#around;
    await this.#ofEach(project.config.watches, async (watch) => {
      for (const state of judgedStates)
        for await (const page of groupPages(groups, [watch], [state], rulesVersion)) await this.#judge(page);
    });
  }

  #busyPages(): ReturnType<typeof groupPages> {
    const { groups, project } = this.#around;
    return groupPages(groups, project.config.watches, busyStates);
  }
}

function rulesVersionIn(snapshot: unknown): string | null {
  const version = contextIn(snapshot)?.['rulesVersion'];
  return typeof version === 'string' ? version : null;
}

/** The directory into which a stored group is transferred, or null. */
export function destinationIn(snapshot: unknown): string | null {
  const destination = contextIn(snapshot)?.['destination'];
  const has = typeof destination === 'object' && destination !== null && 'directory' in destination;
  return has && typeof destination.directory === 'string' ? destination.directory : null;
}
