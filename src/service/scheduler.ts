import { readSnapshot } from '../../machines/file-group/index.ts';
import type { Timer } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import type { GroupVersion, StoredGroup } from '../store/index.ts';
import { dueEvent } from './group/due.ts';
import type { Delivery } from './group/inbox.ts';
import type { GroupRegistry } from './group/registry.ts';
import type { Surroundings } from './types.ts';

/** Due groups taken at once. */
const pageSize = 500;
/** How long the groups of a full page get to move on before the next page is read, in ms, and those of a watch that has no room. */
const nextPageMs = 50;
const busyMs = 1000;
/** How much further than the longest wait a deadline may be, in ms: a clock that is set back a little costs no try. */
const skewMs = 60_000;

/**
 * Durable deadlines: they are times in the rows, and this one timer turns those
 * that are over into `timeout.due` and `retry.due`. It looks again at least each
 * `poll_interval`, so that deadlines set by another process are met too.
 */
export class Scheduler {
  readonly #around: Surroundings;
  readonly #registry: GroupRegistry;
  readonly #watchNames: readonly string[];
  /** Versions of the groups that have been told of their deadlines, by key, so that a slow one is not told twice. */
  readonly #sent = new Map<string, Pick<StoredGroup, 'watchName' | 'lockVersion'>>();
  #timer: Timer | null = null;
  #nextAt = Infinity;
  #looking: Promise<number> | null = null;
  #isRunning = false;
  #lookedAt: number;

  constructor(around: Surroundings, registry: GroupRegistry) {
    this.#around = around;
    // The process may be old.
    this.#lookedAt = around.clock.monotonic();
    this.#registry = registry;
    this.#watchNames = around.project.config.watches.map(({ name }) => name);
  }

  /** When it last looked, on the monotonic clock: a service that does not look is stuck. */
  get lastLook(): number {
    return this.#lookedAt;
  }

  start(): void {
    this.#isRunning = true;
    this.#around.background.track(this.look());
  }

  stop(): void {
    this.#isRunning = false;
    this.#timer?.cancel();
  }

  /** A group rests with this deadline. */
  note(dueAt: number): void {
    if (this.#isRunning && dueAt < this.#nextAt) this.#arm(dueAt);
  }

  /** What a group has been told of its deadline is lost: it is told again. */
  forget(keyHash: string): void {
    this.#sent.delete(keyHash);
  }

  /** Sends what is due, and sets the timer to what is due next; how many events it sent. */
  async look(): Promise<number> {
    // One under way may have read before what the caller knows of; its answer is not the caller's.
    while (this.#looking !== null) await this.#looking;
    const looking = this.#look();
    this.#looking = looking.finally(() => {
      this.#looking = null;
    });
    return looking;
  }

  async #look(): Promise<number> {
    this.#lookedAt = this.#around.clock.monotonic();
    let sent = 0;
    let hasMore = false;
    let next: number | null = null;
    const asked = this.#around.clock.now();
    // A watch that is to work off first what it has been told, large files maybe, does not keep the others from their deadlines.
    const watchNames = this.#watchNames.filter((name) => this.#registry.hasRoom(name));
    try {
      ({ sent, hasMore } = await this.#sendDue(watchNames, asked));
      // A deadline that has been sent stays in its row until the group has moved on: it must not hide the one behind it.
      if (watchNames.length > 0) next = await this.#around.groups.nextDeadline(watchNames, asked);
    } catch (error) {
      this.#around.log.warning('deadlines cannot be read; they are looked at again', { reason: messageOf(error) });
    }
    const now = this.#around.clock.now();
    const poll = now + this.#around.project.config.service.pollIntervalMs;
    const isBusy = watchNames.length < this.#watchNames.length;
    const soonest = Math.min(poll, now + (hasMore ? nextPageMs : isBusy ? busyMs : Infinity));
    if (this.#isRunning) this.#arm(Math.min(soonest, next ?? soonest));
    return sent;
  }

  async #sendDue(watchNames: readonly string[], now: number): Promise<{ sent: number; hasMore: boolean }> {
    if (watchNames.length === 0) return { sent: 0, hasMore: false };
    // Those that have been told and have not moved on are the longest overdue: they must not fill the page for ever.
    const limit = pageSize + this.#sent.size;
    const { groups } = this.#around;
    const over = await groups.dueGroups(watchNames, now, limit);
    const latest = this.#latest(now);
    const astray = await groups.groupsDueBehind(watchNames, latest, limit);
    const due = [...over, ...astray];
    const present = new Set(due.map(({ keyHash }) => keyHash));
    const isAsked = (name: string) => watchNames.includes(name);
    for (const [key, { watchName }] of this.#sent) if (!present.has(key) && isAsked(watchName)) this.#sent.delete(key);
    const untold = due.filter(({ keyHash, lockVersion }) => this.#sent.get(keyHash)?.lockVersion !== lockVersion);
    const deliveries = await this.#deliveries(untold.slice(0, pageSize), now, latest);
    this.#registry.deliver(deliveries);
    return { sent: deliveries.length, hasMore: untold.length > pageSize || over.length === limit };
  }

  /** No wait ends later than this: a deadline behind it was set when the clock was ahead, and would be met years late. */
  #latest(now: number): number {
    const { project, ownership, rules } = this.#around;
    const { retryBackoff, retryDelayMs, retryMaxDelayMs } = project.config.service;
    const timeouts = this.#watchNames.map((name) => {
      const watch = ownership.watchOf(name);
      return watch === null ? 0 : (rules.of(watch).completeness?.timeoutMs ?? 0);
    });
    return now + Math.max(retryBackoff === 'fixed' ? retryDelayMs : retryMaxDelayMs, ...timeouts) + skewMs;
  }

  /** Reads the groups, and what to tell them, in the same order. */
  async #deliveries(due: readonly GroupVersion[], now: number, latest: number): Promise<readonly Delivery[]> {
    if (due.length === 0) return [];
    const groups = await this.#around.groups.groupsByKey(due.map(({ keyHash }) => keyHash));
    return due.flatMap(({ keyHash }) => {
      const group = groups.get(keyHash);
      return group === undefined ? [] : this.#delivery(group, now, latest);
    });
  }

  #delivery(group: StoredGroup, now: number, latest: number): readonly Delivery[] {
    const watch = this.#around.ownership.watchOf(group.watchName);
    const read = readSnapshot(group.envelope);
    const event = dueEvent(group, read.ok ? read.snapshot.context : null, now, latest);
    if (watch === null || event === null) return [];
    const { keyHash, watchName, lockVersion } = group;
    this.#sent.set(keyHash, { watchName, lockVersion });
    return [{ watch, groupKey: group.groupKey, event }];
  }

  #arm(at: number): void {
    this.#timer?.cancel();
    this.#nextAt = at;
    this.#timer = this.#around.clock.after(at - this.#around.clock.now(), () => {
      this.#nextAt = Infinity;
      this.#around.background.track(this.look());
    });
  }
}
