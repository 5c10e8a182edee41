import { basename } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { SeenFile } from '../../../machines/file-group/index.ts';
import type { WatchConfig } from '../../config/types.ts';
import { isChecksumFile, Latest, stableKey, Waiters, type FileIdentity } from '../../core/index.ts';
import { messageOf } from '../../errors/index.ts';
import { checksChecksums } from '../../rules/index.ts';
import type { KnownFile } from '../../store/index.ts';
import { nameInWatch, type GoneFile, type SettledFile } from '../../watch/index.ts';
import { fileNews, type FileNews } from './file-news.ts';
import type { GroupKeys } from '../group/keys.ts';
import { Handovers, type MovedFile } from './handovers.ts';
import { KeyedGroups, keyedAnew, type Keyed } from './keyed-groups.ts';
import { liveKey } from '../group/origins.ts';
import type { Delivery } from '../group/inbox.ts';
import type { GroupRegistry } from '../group/registry.ts';
import type { Surroundings } from '../types.ts';
import { UngroupedFiles } from './ungrouped.ts';
import { WaitingGroups } from './waiting-groups.ts';

/** What a plugin says against a file that need not be there, or is there no more, concerns nobody. */
const noNews = (): void => undefined;

/** Observations looked up together. */
const largestBatch = 500;
/** Files that may wait for their groups to let go of them while more is read. */
const mostLeaving = 10_000;
/** Files that are in doubt at most, about 2 MB: what becomes of one is on record in a moment, unless its group is at something that takes long. */
const mostInDoubt = 10_000;

type Observed = {
  readonly watch: WatchConfig;
  readonly path: string;
  /** A group of another watch was to let go of it, and should have by now. */
  readonly isFree?: true;
} & Partial<Pick<SettledFile, 'identity'>>;

/** An observation, and what it means given what the database knows of the file. */
interface LookedUp {
  readonly observed: Observed;
  readonly known: KnownFile | undefined;
  readonly news: FileNews | 'gone' | 'known to be gone';
  /** Where it was sent before the database was asked; null: that is on record. */
  readonly sentTo: Keyed | null;
}

/** News, and the group that they are for. */
interface Placed extends Keyed {
  readonly observed: Observed;
  readonly watch: WatchConfig;
}

/** What a group is told. */
interface Told {
  readonly watch: WatchConfig;
  readonly groupKey: string;
  readonly files: SeenFile[];
  readonly removed: string[];
  /** Of the rules by which files were found to be the group's; null: they were its own before. */
  rulesVersion: string | null;
}

/** Whom the intake tells. */
export interface IntakeHooks {
  /** A watch has a new or changed file. */
  readonly onFile: (watch: WatchConfig) => void;
  /** A file must settle for a watch. */
  readonly unsettle: (watch: WatchConfig, path: string) => void;
}

/**
 * From files to groups: finds the group of each settled or gone file and puts
 * the news into its mailbox. What the database knows already and has not
 * changed is no news.
 */
export class Intake {
  readonly ungrouped = new UngroupedFiles();
  readonly keyed = new KeyedGroups();
  readonly #around: Surroundings;
  readonly #registry: GroupRegistry;
  readonly #hooks: IntakeHooks;
  readonly #keys: GroupKeys;
  readonly #handovers: Handovers;
  readonly #waiting: WaitingGroups;
  /** Observations that wait, those of a watch in order, by its name; that whose turn it is first. */
  readonly #lines = new Map<string, Observed[]>();
  readonly #idle = new Waiters();
  readonly #room = new Waiters();
  /** Paths of files that their groups let go of, until others have them. */
  readonly #released = new Set<string>();
  /** Paths of files of which groups know otherwise than the database, maybe, and what they know. */
  readonly #inDoubt = new Latest<string, 'gone' | 'back'>(mostInDoubt);
  #inHand: readonly Observed[] = [];
  #isWorking = false;
  #waitsForRoom = false;
  #isClosed = false;

  constructor(around: Surroundings, keys: GroupKeys, registry: GroupRegistry, hooks: IntakeHooks) {
    this.#around = around;
    this.#keys = keys;
    this.#registry = registry;
    this.#hooks = hooks;
    this.#handovers = new Handovers(around, registry, (files) =>
      this.#queue(files.map((file) => ({ ...file, isFree: true }))),
    );
    this.#waiting = new WaitingGroups(around, registry, {
      keyOf: async (watch, path, known) =>
        (await this.#keyedOf({ watch, path }, known, this.keyed.of(watch.name, path), noNews))?.groupKey ?? null,
      isClosed: () => this.#isClosed,
      onTold: () => this.#wake(),
    });
  }

  /** Observations that wait. */
  get depth(): number {
    let depth = this.#inHand.length + this.#handovers.depth;
    for (const { length } of this.#lines.values()) depth += length;
    return depth;
  }

  /** Those of a watch, and those that wait for groups of others. */
  depthOf(watchName: string): number {
    return (this.#lines.get(watchName)?.length ?? 0) + this.#handovers.depth;
  }

  /** Whether what has been heard of a path is to settle: files of checksums that no watch takes are heard of, wanted or not. */
  concerns(watch: WatchConfig, path: string): boolean {
    if (!isChecksumFile(basename(path)) || checksChecksums(this.#around.rules.of(watch).integrity)) return true;
    return this.#around.ownership.ownerOf(path) !== null;
  }

  settled(files: readonly SettledFile[]): void {
    this.#queue(files);
  }

  gone(files: readonly GoneFile[]): void {
    this.#queue(files);
  }

  /** A group takes a file for gone, or for another one than settled, and that may not be on record yet: what is seen of it next is news. */
  doubt(path: string): void {
    this.#inDoubt.set(path, 'gone');
  }

  /** What a file is to the watch that has seen it, given what the database knows. */
  newsOf(watch: WatchConfig, path: string, identity: FileIdentity, known: KnownFile | undefined): FileNews {
    const news = fileNews(this.#around.ownership, watch, identity, known);
    return news === 'none' && known?.watchName === watch.name && this.#inDoubt.get(path) === 'gone' ? 'own' : news;
  }

  /** A file that its group lets go of goes where the rules in force say, even if that group has archived it before. */
  release(path: string): void {
    this.#released.add(path);
  }

  /** Resolves when every observation has been delivered. */
  whenIdle(): Promise<void> {
    return this.#isIdle ? Promise.resolve() : this.#idle.wait();
  }

  /**
   * Resolves when there is room for more of a watch: all of it has been delivered, except files whose groups have not let go of them.
   * One such group may be at a disk that does not answer, and must not hold up whoever reads.
   */
  async whenRoom({ name }: Pick<WatchConfig, 'name'>): Promise<void> {
    const isFull = () =>
      this.#lines.has(name) ||
      this.#inHand.some(({ watch }) => watch.name === name) ||
      this.#handovers.depth >= mostLeaving;
    while (isFull() && !this.#isClosed) await this.#room.wait();
  }

  close(): void {
    this.#isClosed = true;
    this.#lines.clear();
    this.#room.wake();
  }

  get #isIdle(): boolean {
    return this.#lines.size === 0 && !this.#isWorking && this.#handovers.depth === 0 && this.#waiting.depth === 0;
  }

  #wake(): void {
    this.#room.wake();
    if (this.#isIdle || this.#isClosed) this.#idle.wake();
  }

  #queue(observations: readonly Observed[]): void {
    if (this.#isClosed) return;
    for (const observed of observations) {
      const line = this.#lines.get(observed.watch.name);
      if (line === undefined) this.#lines.set(observed.watch.name, [observed]);
      else line.push(observed);
    }
    void this.#work();
  }

  /** Takes the next observations out, of watches whose groups have room for them. */
  #next(): readonly Observed[] {
    const batch: Observed[] = [];
    for (const [name, line] of Array.from(this.#lines)) {
      if (batch.length >= largestBatch || !this.#registry.hasRoom(name)) continue;
      for (const observed of line.splice(0, largestBatch - batch.length)) batch.push(observed);
      this.#lines.delete(name);
      // Behind the others.
      if (line.length > 0) this.#lines.set(name, line);
    }
    return batch;
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      // One turn of the event loop gathers what arrives file by file.
      await turn();
      for (let seen = this.#next(); seen.length > 0 && !this.#isClosed; seen = this.#next()) {
        this.#inHand = seen.filter((observed) => this.#isOwn(observed));
        await this.#take(this.#inHand);
        this.#inHand = [];
        this.#room.wake();
      }
    } finally {
      this.#isWorking = false;
      this.#wake();
      if (this.#lines.size > 0) void this.#goOn();
    }
  }

  /** Goes on with what is left when its groups may have room. */
  async #goOn(): Promise<void> {
    if (this.#waitsForRoom) return;
    this.#waitsForRoom = true;
    await this.#registry.whenLeft();
    this.#waitsForRoom = false;
    await this.#work();
  }

  /** What has settled for a watch that it is not for settles for its own, whose settle time may be longer. */
  #isOwn({ watch, path, identity }: Observed): boolean {
    const { ownership } = this.#around;
    // What is gone from a watch is gone, even if it would not be this one's today.
    if (identity === undefined || ownership.isFor(watch, path)) return true;
    const owner = ownership.ownerOf(path);
    if (owner !== null) this.#hooks.unsettle(owner, path);
    return false;
  }

  /** Whether it is a file of checksums that no group has and no watch takes: of those it is heard in any case. */
  #isVoucher({ observed: { path, identity }, known }: LookedUp): boolean {
    const isUnknown = identity !== undefined && known === undefined;
    return isUnknown && isChecksumFile(basename(path)) && this.#around.ownership.ownerOf(path) === null;
  }

  async #take(batch: readonly Observed[]): Promise<void> {
    try {
      const pathHashes = batch.map(({ path }) => stableKey(path));
      const sentTo = batch.map(({ watch, path }) => this.keyed.of(watch.name, path));
      const known = await this.#around.groups.knownFiles(pathHashes);
      const looked = batch.map((observed, i) =>
        this.#lookUp(observed, known.get(pathHashes[i] ?? ''), sentTo[i] ?? null),
      );
      await this.#handovers.begin(looked.flatMap((one) => movedFile(one) ?? []));
      const kinds = Map.groupBy(looked, (one) => (this.#isVoucher(one) ? 'voucher' : 'file'));
      const files = (kinds.get('file') ?? []).map((one) => this.#place(one));
      const placed = (await Promise.all(files)).filter((one) => one !== null);
      this.#deliver(placed);
      const observedIn = (all: readonly { readonly observed: Observed }[]) => all.map(({ observed }) => observed);
      const seen = observedIn(placed).filter(({ identity }) => identity !== undefined);
      await this.#waiting.wake(seen, observedIn(kinds.get('voucher') ?? []));
    } catch (error) {
      this.#around.log.error('files could not be taken in; they are looked at again later', {
        files: batch.length,
        reason: messageOf(error),
      });
      for (const { watch, path } of batch) this.#registry.strayed(watch, path);
    }
  }

  #lookUp(observed: Observed, known: KnownFile | undefined, sentTo: Keyed | null): LookedUp {
    const { watch, path, identity } = observed;
    const isRecordedGone = known?.inDelivery === false;
    const inDoubt = this.#inDoubt.get(path);
    if (identity === undefined) {
      // A group that has been told that the file is back may not have that on record yet.
      if (isRecordedGone && inDoubt !== 'back') return { observed, known, sentTo, news: 'known to be gone' };
      this.doubt(path);
      return { observed, known, sentTo, news: 'gone' };
    }
    const news = this.newsOf(watch, path, identity, known);
    const isTaken = news === 'own' || news === 'new';
    if (isTaken && (isRecordedGone || inDoubt !== undefined)) this.#inDoubt.set(path, 'back');
    return { observed, known, sentTo, news };
  }

  /** The group that an observation is news to; null: to none. */
  async #place(looked: LookedUp): Promise<Placed | null> {
    const { observed, known, sentTo, news } = looked;
    const { watch, path, isFree } = observed;
    this.ungrouped.forget(watch.name, path);
    if (news === 'gone' || news === 'known to be gone') return await this.#placeOfGone(looked);
    // The group that was to let go of it could not be reached.
    if (news === 'moved' && isFree === true) this.#registry.strayed(watch, path);
    if (news === 'none' || news === 'moved') return null;
    const keyed = await this.#keyedOf(observed, news === 'own' ? known : undefined, sentTo, (reason) => {
      this.ungrouped.note(watch.name, path, reason);
      this.#around.log.error('a file is in no group', { file: path, reason });
      // What keeps the plugin from saying may pass.
      this.#registry.strayed(watch, path);
    });
    return keyed === null ? null : { observed, watch, ...keyed };
  }

  /** A file that is gone is gone for the group that has it, whichever watch has noticed. */
  async #placeOfGone({ observed, known, sentTo, news }: LookedUp): Promise<Placed | null> {
    const { ownership } = this.#around;
    const { watch, path } = observed;
    this.#handovers.forget(path);
    this.#released.delete(path);
    const former = known === undefined ? null : ownership.watchOf(known.watchName);
    if (known === undefined || former === null || isSentOn(watch, known, sentTo)) {
      const keyed = ownership.isFor(watch, path) ? await this.#keyedOf(observed, undefined, sentTo, noNews) : null;
      return keyed === null ? null : { observed, watch, ...keyed };
    }
    if (news === 'known to be gone') return null;
    if (former.name === watch.name || !ownership.isFor(former, path))
      return { observed, watch: former, ...this.#keyedBefore(known) };
    // The watch that it is for looks for itself: a link that leads nowhere is gone only for one that follows links.
    this.#hooks.unsettle(former, path);
    return null;
  }

  /**
   * What left delivery before it was archived starts afresh, under the rules in force, and so does what was let go of; unless a group
   * has it already, which is not on record yet: that one must let go of it before another one has it.
   */
  async #keyedOf(
    { watch, path }: Observed,
    known: KnownFile | undefined,
    sentTo: Keyed | null,
    onFailure: (reason: string) => void,
  ): Promise<Keyed | null> {
    const isLetGo = known?.status === 'cleared' || (known?.inDelivery === false && this.#released.has(path));
    if (known !== undefined && !isLetGo && !isSentOn(watch, known, sentTo)) return this.#keyedBefore(known);
    if (sentTo !== null) return sentTo;
    // Before it is waited for: the rules can be exchanged meanwhile.
    const rulesVersion = this.#around.rules.version;
    const groupKey = await this.#keys.of(watch, path, onFailure);
    return groupKey === null ? null : { groupKey, rulesVersion, isOnRecord: false };
  }

  #keyedBefore({ groupKey }: KnownFile): Keyed {
    return { groupKey, rulesVersion: this.#around.rules.version, isOnRecord: true };
  }

  #deliver(news: readonly Placed[]): void {
    const at = this.#around.clock.now();
    const groups = new Map<string, Told>();
    for (const one of news) {
      const { watch, groupKey } = one;
      const { path, identity } = one.observed;
      const id = liveKey(watch.name, groupKey);
      const group: Told = groups.get(id) ?? { watch, groupKey, files: [], removed: [], rulesVersion: null };
      groups.set(id, group);
      if (identity === undefined) {
        group.removed.push(path);
        this.keyed.forget(path);
      } else {
        // It comes back to a group that is letting go of it, maybe since a moment.
        const keyed = one.isOnRecord && this.#released.has(path) ? keyedAnew(groupKey) : one;
        const first = this.keyed.note(watch.name, path, identity, keyed);
        if (!keyed.isOnRecord) group.rulesVersion = first;
        group.files.push({ path, name: nameInWatch(watch, path), identity });
        this.#released.delete(path);
        this.#hooks.onFile(watch);
      }
    }
    const deliveries: Delivery[] = [];
    for (const { watch, groupKey, files, removed, rulesVersion: keyedBy } of groups.values()) {
      if (removed.length > 0)
        deliveries.push({ watch, groupKey, event: { type: 'files.removed', paths: removed, at } });
      if (files.length > 0)
        deliveries.push({ watch, groupKey, event: { type: 'files.settled', files, rulesVersion: keyedBy, at } });
    }
    this.#registry.deliver(deliveries);
  }
}

/** Whether a file that has left its group on record has been sent to another one since, which is not on record yet. */
function isSentOn({ name }: Pick<WatchConfig, 'name'>, known: KnownFile, sentTo: Keyed | null): boolean {
  if (known.inDelivery || sentTo === null) return false;
  return sentTo.groupKey !== known.groupKey || name !== known.watchName;
}

/** A file that a group of another watch has to let go of; null: it is none. */
function movedFile({ observed, known, news }: LookedUp): MovedFile | null {
  const { watch, path, identity, isFree } = observed;
  if (news !== 'moved' || identity === undefined || known === undefined || isFree === true) return null;
  return { seen: { watch, path, identity }, known };
}
