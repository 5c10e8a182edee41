import { hostname } from 'node:os';
import { readSnapshot, type Effects, type GroupEvent, type GroupState } from '../../../machines/file-group/index.ts';
import type { WatchConfig } from '../../config/types.ts';
import { stableKey, Turns, Waiters } from '../../core/index.ts';
import { CarbonationError } from '../../errors/index.ts';
import { reasonOf, type StoredGroup } from '../../store/index.ts';
import { nameInWatch } from '../../watch/index.ts';
import { isBusy, isClaimed, isConflict } from './conflict.ts';
import { requestOf } from './due.ts';
import { provideEffects, type EffectHooks } from './effects.ts';
import { logGroup } from './log.ts';
import { LiveGroup, type LiveGroupHooks } from './live-group.ts';
import { Inbox, type Delivery } from './inbox.ts';
import { newsIn } from './news.ts';
import { OpenDirectories } from './open-directories.ts';
import { firstOrigin, liveKey, policyOf, storedGroup } from './origins.ts';
import { missedExchange } from './rejudging.ts';
import { primaryPathOf } from './rows.ts';
import { filesIn, filesOf, type Stray } from './strays.ts';
import type { Surroundings } from '../types.ts';
import { isRootAway } from './watch-root.ts';
import { Writer } from './writer.ts';

/** Whom the registry tells. */
export interface RegistryHooks {
  readonly unsettle: EffectHooks['unsettle'];
  /** A group has entered a state; that it has come to rest is told once that is on record. */
  readonly onEnter: LiveGroupHooks['onEnter'];
  /** A group is at rest with a deadline, in ms since 1970. */
  readonly onDeadline: (dueAt: number) => void;
  /** A group could not be recorded or resumed: it is left as it was recorded last. */
  readonly onDefect: (watchName: string, groupKey: string, reason: string) => void;
  /** A group has left memory, or was not reached by an event, without having come to rest: it is to be taken up again. */
  readonly onStray?: (stray: Stray) => void;
  /**
   * A group is in the middle of something, or was changed by the service meanwhile: the event was not taken. Given beside
   * a live service, whose groups are not carried on here; without it, they are this process's own.
   */
  readonly onBusy?: (watchName: string, groupKey: string) => void;
}

/**
 * The groups in memory. A group's truth is its row: its actor is activated when
 * an event comes for it and passivated when it rests and is recorded. There is
 * one way in, `deliver`, and it keeps the order of each group's events.
 */
export class GroupRegistry {
  readonly #around: Surroundings;
  readonly #hooks: RegistryHooks;
  readonly #effects: Effects;
  readonly #live = new Map<string, LiveGroup>();
  readonly #inbox: Inbox;
  readonly #idle = new Waiters();
  readonly #room = new Waiters();
  /** Keys of groups that left memory during the present look-up. */
  readonly #departed = new Set<string>();
  readonly #node = hostname();
  readonly writer: Writer;
  readonly openDirectories: OpenDirectories;
  /** Strays are taken up one by one for each watch: a disk that does not answer holds up no other. */
  readonly #strays = new Turns(() => this.#wake());
  #isActivating = false;
  #isClosed = false;

  constructor(around: Surroundings, hooks: RegistryHooks) {
    this.#around = around;
    this.#hooks = hooks;
    const { service, watches } = around.project.config;
    this.#inbox = new Inbox(service.maxActiveGroups, watches.length > 1);
    this.openDirectories = new OpenDirectories(around.groups, around.clock);
    this.#effects = provideEffects(around, {
      unsettle: hooks.unsettle,
      openDirectories: this.openDirectories,
      whenRecorded: async (watchName, groupKey) => {
        const group = this.#live.get(liveKey(watchName, groupKey));
        if (group === undefined) throw new CarbonationError('POOL_CLOSED', `${groupKey} is no longer worked on`);
        await group.whenRecorded();
      },
    });
    this.writer = new Writer({
      ...around,
      active: () => this.#live.size,
      onCommitted: (groups) => this.#passivate(groups),
      onUnwritable: (group, error) => {
        const { log } = around;
        const fields = { watch: group.context.watchName, group: group.context.groupKey };
        if (isConflict(error)) {
          log.warning('another process, or a commit whose answer was lost, changed a group; it is read again', fields);
          this.#drop(group);
          void this.#goOn(group);
          return;
        }
        const reason = reasonOf(error);
        const said = { ...fields, code: error.code, reason };
        log.error('a group cannot be written and is left as it was recorded last', said);
        this.#leave(group, reason);
      },
    });
  }

  /** Groups in memory. */
  get active(): number {
    return this.#live.size;
  }

  /** Whether a group is in memory. */
  readonly isLive = (watchName: string, groupKey: string): boolean => this.#live.has(liveKey(watchName, groupKey));

  /** Events that wait for their group. */
  get queued(): number {
    return this.#inbox.length;
  }

  /** Puts events into the groups' mailboxes, activating the groups as places become free. */
  deliver(deliveries: readonly Delivery[]): void {
    if (this.#isClosed || deliveries.length === 0) return;
    this.#inbox.push(deliveries);
    void this.#activate();
  }

  /** Tells the groups of a watch that are in memory, or those of them that are in these states; none is activated. */
  tellLive(watch: WatchConfig, event: GroupEvent, states: ReadonlySet<GroupState> | null = null): void {
    for (const group of this.#live.values()) {
      if (group.context.watchName === watch.name && states?.has(group.state) !== false) group.send(event);
    }
  }

  /** Whether there is room for more events of a watch: what produces them waits for it. */
  hasRoom(watchName: string): boolean {
    return this.#isClosed || !this.#inbox.isFullFor(watchName);
  }

  /** Resolves when there is. */
  async whenRoom(watchName: string): Promise<void> {
    while (!this.hasRoom(watchName)) await this.#room.wait();
  }

  /** Resolves when an event, or a group, has left, so that there may be room. */
  whenLeft(): Promise<void> {
    return this.#room.wait();
  }

  /** Activates stored groups that are in the middle of something, so that they go on; none has been in memory since it was read. */
  async resume(groups: readonly StoredGroup[]): Promise<void> {
    for (const stored of groups) {
      await this.#whenPlace();
      const watch = this.#around.ownership.watchOf(stored.watchName);
      if (watch === null || this.#isClosed || this.isLive(stored.watchName, stored.groupKey)) continue;
      this.#restore(watch, stored);
    }
  }

  /**
   * Has the news of a stray noticed anew: its files settle again, and in the middle of something it goes on, one stray of a
   * watch after the other. Resolves with the stored group if it is at rest.
   */
  takeUp(stray: Stray): Promise<StoredGroup | null> {
    return this.#strays.run(stray.watch.name, () => this.#takeUp(stray));
  }

  async #takeUp(stray: Stray): Promise<StoredGroup | null> {
    const { watch, groupKey, paths } = stray;
    const key = liveKey(watch.name, groupKey);
    try {
      // Of a disk that is away nothing settles anew: its files would count as gone.
      if (paths.length > 0 && (await isRootAway(this.#around, watch))) this.#hooks.onStray?.(stray);
      else for (const path of paths) this.#hooks.unsettle(watch, path);
      await this.#whenPlace();
      if (this.#isClosed) return null;
      const hash = stableKey(key);
      const stored = (await this.#around.groups.groupsByKey([hash])).get(hash);
      if (this.#isClosed || this.#live.has(key) || stored === undefined) return null;
      if (!isBusy(stored)) return stored;
      this.#restore(watch, stored);
    } catch (error) {
      const reason = reasonOf(error);
      this.#hooks.onDefect(watch.name, groupKey, reason);
      this.#hooks.onStray?.({ ...stray, reason });
    }
    return null;
  }

  /** The news of a file have come to nothing before its group was known. */
  strayed(watch: WatchConfig, path: string): void {
    this.#hooks.onStray?.({ watch, groupKey: nameInWatch(watch, path), paths: [path], reason: null });
  }

  /** Resolves when no group is in memory and no event waits. */
  whenIdle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : this.#idle.wait();
  }

  /**
   * Resolves when the groups that are in memory or in the mailbox now have come to rest, whatever comes after them.
   *
   * @param only - these of them; events of other watches are not waited for
   */
  async whenAtRest(only?: readonly Pick<Delivery, 'watch' | 'groupKey'>[]): Promise<void> {
    const names = only?.map(({ watch }) => watch.name);
    while ((this.#inbox.holds(names) || this.#isActivating || this.#strays.open > 0) && !this.#isClosed)
      await this.#room.wait();
    const keys =
      only === undefined ? this.#live.keys() : only.map(({ watch, groupKey }) => liveKey(watch.name, groupKey));
    const present = new Set([...keys].flatMap((key) => this.#live.get(key) ?? []));
    for (;;) {
      for (const group of present) if (this.#live.get(group.key) !== group) present.delete(group);
      if (present.size === 0 || this.#isClosed) return;
      await this.#room.wait();
    }
  }

  /** Takes no more events; those that wait are found again by the next reconciliation. */
  closeInbox(): void {
    this.#isClosed = true;
    this.#inbox.clear();
    this.#room.wake();
  }

  /** Ends all actors; what they were doing is taken up at the next start. */
  close(): void {
    this.closeInbox();
    for (const group of this.#live.values()) group.stop();
    this.#live.clear();
    this.#idle.wake();
  }

  async #activate(): Promise<void> {
    if (this.#isActivating || this.#isClosed) return;
    let deliveries = this.#inbox.take();
    if (deliveries.length === 0) return;
    this.#isActivating = true;
    try {
      while (deliveries.length > 0 && !this.#isClosed) {
        this.#room.wake();
        await this.#tryDeliver(deliveries);
        deliveries = this.#inbox.take();
      }
    } finally {
      this.#isActivating = false;
      this.#wake();
    }
  }

  /** Groups that cannot be looked up hold up nobody else. */
  async #tryDeliver(deliveries: readonly Delivery[]): Promise<void> {
    try {
      await this.#deliverNow(deliveries);
    } catch (error) {
      const reason = reasonOf(error);
      this.#around.log.error('events could not be delivered; their groups are taken up later', { reason });
      const groups = new Map(deliveries.map((one) => [liveKey(one.watch.name, one.groupKey), one]));
      for (const { watch, groupKey } of groups.values()) this.#hooks.onDefect(watch.name, groupKey, reason);
      for (const { watch, groupKey, event } of deliveries)
        this.#hooks.onStray?.({ watch, groupKey, paths: filesOf(event), reason });
    }
  }

  async #deliverNow(deliveries: readonly Delivery[]): Promise<void> {
    this.#departed.clear();
    const keyed = deliveries.map((delivery) => ({ delivery, key: liveKey(delivery.watch.name, delivery.groupKey) }));
    const absent = new Set(keyed.filter(({ key }) => !this.#live.has(key)).map(({ key }) => key));
    const hashes = [...absent].map((key) => stableKey(key));
    const stored = hashes.length === 0 ? new Map<string, StoredGroup>() : await this.#around.groups.groupsByKey(hashes);
    for (const { delivery, key } of keyed) {
      let group = this.#live.get(key);
      if (group === undefined) {
        await this.#whenPlace();
        if (this.#isClosed) return;
        group = this.#live.get(key);
      }
      if (group !== undefined) this.#tell(group, delivery);
      // A group that left memory since the look-up is looked up again.
      else await this.#awaken(delivery, key, absent.has(key) ? stored : null);
    }
  }

  async #awaken(delivery: Delivery, key: string, lookedUp: ReadonlyMap<string, StoredGroup> | null): Promise<void> {
    const hash = stableKey(key);
    const isFresh = lookedUp !== null && !this.#departed.has(key);
    const stored = isFresh ? lookedUp.get(hash) : (await this.#around.groups.groupsByKey([hash])).get(hash);
    const { watch, event, groupKey } = delivery;
    const live = this.#live.get(key);
    const now = this.#around.clock.now();
    // A stray that has been taken up meanwhile.
    if (live !== undefined) this.#tell(live, delivery);
    else if (stored !== undefined && this.#hooks.onBusy !== undefined && isClaimed(stored, now)) {
      this.#hooks.onBusy(watch.name, groupKey);
    } else if (stored !== undefined) {
      const group = this.#restore(watch, stored);
      if (group === null) return;
      const asked = requestOf(stored, group.context, now);
      if (asked !== null && asked.type !== event.type) this.#tell(group, { event: asked });
      this.#tell(group, delivery);
      // What means nothing to it is never written: it would stay in memory, and be waited for, for ever.
      this.#passivate([group]);
    } else {
      const origin = firstOrigin(watch, groupKey, event, policyOf(this.#around, watch));
      if (origin === null) return;
      const group = new LiveGroup(this.#effects, origin, this.#groupHooks(watch));
      this.#start(group);
      if (origin.start.kind === 'restored') group.send(event);
    }
  }

  #tell(group: LiveGroup, { event, decidedBy }: Pick<Delivery, 'event' | 'decidedBy'>): void {
    if (decidedBy !== undefined && !group.isAsRead(decidedBy.lockVersion)) return decidedBy.onStale();
    const news = newsIn(event, group.context);
    if (news !== null) group.send(news);
  }

  #restore(watch: WatchConfig, stored: StoredGroup): LiveGroup | null {
    const read = readSnapshot(stored.envelope);
    if (!read.ok) {
      logGroup(this.#around.log, 'a group cannot be resumed and is left alone', stored, read);
      this.#hooks.onDefect(stored.watchName, stored.groupKey, read.reason);
      return null;
    }
    const origin = storedGroup(watch, stored, read.snapshot, policyOf(this.#around, watch));
    const group = new LiveGroup(this.#effects, origin, this.#groupHooks(watch));
    this.#start(group);
    const missed = missedExchange(this.#around, watch, read.snapshot);
    if (missed !== null) group.send(missed);
    return group;
  }

  #start(group: LiveGroup): void {
    this.#live.set(group.key, group);
    this.#inbox.entered(group.context.watchName);
    group.start();
  }

  /**
   * Another process has changed a group: in the middle of something, it goes on from what is recorded of it. The files
   * that were in hand here settle again, so that what was not recorded of them is noticed.
   */
  async #goOn({ context }: LiveGroup): Promise<void> {
    const { watchName, groupKey } = context;
    if (this.#hooks.onBusy !== undefined) return this.#hooks.onBusy(watchName, groupKey);
    const watch = this.#around.ownership.watchOf(watchName);
    if (watch === null) return;
    const stray = { watch, groupKey, paths: filesIn(context), reason: null };
    // At rest, it may still not have heard of something without files, such as other rules.
    if ((await this.takeUp(stray)) !== null) this.#hooks.onStray?.({ ...stray, paths: [] });
  }

  /** A group leaves memory as it was recorded last, which is not as it is. */
  #leave(group: LiveGroup, reason: string): void {
    const { watchName, groupKey } = group.context;
    this.#hooks.onDefect(watchName, groupKey, reason);
    this.#drop(group);
    const watch = this.#around.ownership.watchOf(watchName);
    if (watch !== null) this.#hooks.onStray?.({ watch, groupKey, paths: filesIn(group.context), reason });
  }

  #groupHooks(watch: WatchConfig): LiveGroupHooks {
    return {
      clock: this.#around.clock,
      node: this.#node,
      onChange: (group) => this.writer.add(group),
      onEnter: this.#hooks.onEnter,
      onDefect: (group, message) => {
        logGroup(this.#around.log, 'a group has stopped because of a defect', group.context, { reason: message });
        this.#leave(group, message);
      },
      primaryOf: (context) => primaryPathOf(context, this.#around.rules.of(watch)),
    };
  }

  #passivate(groups: readonly LiveGroup[]): void {
    for (const group of groups) {
      if (!group.canRest || this.#live.get(group.key) !== group) continue;
      if (group.context.dueAt !== null) this.#hooks.onDeadline(group.context.dueAt);
      this.#drop(group);
    }
    this.#room.wake();
  }

  #drop(group: LiveGroup): void {
    this.writer.forget(group);
    if (this.#live.get(group.key) === group) {
      this.#live.delete(group.key);
      this.#inbox.left(group.context.watchName);
    }
    if (this.#isActivating) this.#departed.add(group.key);
    group.stop();
    this.#wake();
    // There may be room for more of its watch.
    void this.#activate();
  }

  async #whenPlace(): Promise<void> {
    const most = this.#around.project.config.service.maxActiveGroups;
    while (!this.#isClosed && this.#live.size >= most) await this.#room.wait();
  }

  /** No group is in memory, being looked up or taken up, and no event waits. */
  get isIdle(): boolean {
    return this.#live.size === 0 && this.#inbox.length === 0 && !this.#isActivating && this.#strays.open === 0;
  }

  #wake(): void {
    this.#room.wake();
    if (this.isIdle) this.#idle.wake();
  }
}
