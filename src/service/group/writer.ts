import { setImmediate as turn } from 'node:timers/promises';
import { Waiters, type Clock, type Timer } from '../../core/index.ts';
import { CarbonationError, toCarbonationError } from '../../errors/index.ts';
import type { Log } from '../../logging/index.ts';
import type { GroupWrite } from '../../store/index.ts';
import type { LiveGroup } from './live-group.ts';
import type { Groups } from '../types.ts';

/** How long changes are gathered before they are written, and how many groups go into one transaction. */
const gatherMs = 2;
/** With many groups at work a commit waits for more of them: each one flushes the disk. */
const crowdedGatherMs = 30;
const crowd = 40;
/** How long the record of a group that nothing waits for may lag behind: a crash meanwhile repeats a judgement, no more. */
const lazyMs = 2000;
const largestBatch = 500;

/** What the writer needs and whom it tells. */
export interface WriterOptions {
  readonly groups: Pick<Groups, 'commit'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Groups in memory. */
  readonly active: () => number;
  /** The groups' changes are durable. */
  readonly onCommitted: (groups: readonly LiveGroup[]) => void;
  /** A group cannot be written: another process has changed it, or its data does not fit. It must leave memory. */
  readonly onUnwritable: (group: LiveGroup, error: CarbonationError) => void;
}

interface Taken {
  readonly group: LiveGroup;
  readonly write: GroupWrite;
  readonly state: LiveGroup['state'];
  readonly context: LiveGroup['context'];
}

/**
 * The group commit: the changes of many groups in one transaction. One commit
 * is under way at a time, so the writes of a group stay in order. Nothing is
 * dropped: a batch that the database refuses is halved until the group is found
 * whose data it is.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #changed = new Set<LiveGroup>();
  /** Since when each has something to write, on the monotonic clock; the longest first. */
  readonly #lazy = new Map<LiveGroup, number>();
  readonly #idle = new Waiters();
  #timer: Timer | null = null;
  #lazyTimer: Timer | null = null;
  #isCommitting = false;
  #isClosed = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Groups with changes that are not written. */
  get depth(): number {
    return this.#changed.size + this.#lazy.size;
  }

  add(group: LiveGroup): void {
    if (!group.isUrgent && !this.#changed.has(group)) {
      if (!this.#lazy.has(group)) this.#lazy.set(group, this.#options.clock.monotonic());
      this.#armLazy(lazyMs);
      return;
    }
    this.#lazy.delete(group);
    this.#changed.add(group);
    this.#arm(this.#changed.size >= largestBatch ? 0 : this.#gatherMs);
  }

  /** How long what has changed waits for company: not at all if there is none to come. */
  get #gatherMs(): number {
    if (this.#changed.size >= this.#options.active()) return 0;
    return this.depth > crowd ? crowdedGatherMs : gatherMs;
  }

  /** A group that has left memory has nothing to write any more. */
  forget(group: LiveGroup): void {
    this.#changed.delete(group);
    this.#lazy.delete(group);
  }

  /** Resolves when everything is written. */
  whenIdle(): Promise<void> {
    this.#hurry(0);
    if (this.#changed.size === 0 && !this.#isCommitting) return Promise.resolve();
    return this.#idle.wait();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#lazyTimer?.cancel();
    this.#idle.wake();
  }

  /** What could wait is written with the next batch, if it has waited for this long. */
  #hurry(leastMs: number): void {
    this.#lazyTimer?.cancel();
    this.#lazyTimer = null;
    const now = this.#options.clock.monotonic();
    for (const [group, since] of this.#lazy) {
      const leftMs = since + leastMs - now;
      if (leftMs > 0) {
        this.#armLazy(leftMs);
        break;
      }
      this.#lazy.delete(group);
      this.#changed.add(group);
    }
    if (this.#changed.size > 0) this.#arm(gatherMs);
  }

  #armLazy(delayMs: number): void {
    this.#lazyTimer ??= this.#options.clock.after(delayMs, () => this.#hurry(lazyMs));
  }

  #arm(delayMs: number): void {
    if (this.#isClosed || this.#isCommitting || (this.#timer !== null && delayMs > 0)) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = null;
      void this.#commitAll();
    });
  }

  async #commitAll(): Promise<void> {
    if (this.#isCommitting) return;
    this.#isCommitting = true;
    try {
      while (this.#changed.size > 0 && !this.#isClosed) {
        const batch = this.#take();
        await this.#commit(batch);
        // The SQLite driver answers without letting go of the loop.
        await turn();
        if (this.depth > crowd && this.#changed.size < largestBatch) break;
      }
    } finally {
      this.#isCommitting = false;
      if (this.#changed.size === 0) this.#idle.wake();
      else this.#arm(this.#gatherMs);
    }
  }

  #take(): readonly Taken[] {
    const batch: Taken[] = [];
    for (const group of this.#changed) {
      if (batch.length >= largestBatch) break;
      this.#changed.delete(group);
      try {
        batch.push({ group, write: group.takeWrite(), state: group.state, context: group.context });
      } catch (error) {
        this.#options.onUnwritable(group, toCarbonationError(error));
      }
    }
    return batch;
  }

  async #commit(batch: readonly Taken[]): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#commitOnce(batch);
    } catch (thrown) {
      const error = toCarbonationError(thrown);
      if (error.code !== 'STORE_CONFLICT') {
        await this.#commitApart(batch, error);
        return;
      }
      const lost = new Set(error.details.map(Number));
      const [gone, rest] = split(batch, ({ write }) => write.id !== null && lost.has(write.id));
      for (const { group } of gone) this.#options.onUnwritable(group, error);
      if (gone.length > 0) await this.#commit(rest);
    }
  }

  async #commitOnce(batch: readonly Taken[]): Promise<void> {
    if (batch.length === 0) return;
    const written = await this.#options.groups.commit(batch.map(({ write }) => write));
    for (const [i, { group, write, state, context }] of batch.entries()) {
      const row = written[i];
      if (row === undefined)
        throw new CarbonationError('INTERNAL', 'the store answered for fewer groups than it was given');
      group.onWritten(write, row, state, context);
    }
    this.#options.onCommitted(batch.map(({ group }) => group));
  }

  /** A batch that the database refuses: halves it until the group is found whose data it is. */
  async #commitApart(batch: readonly Taken[], error: CarbonationError): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      this.#options.onUnwritable(only.group, error);
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await this.#commit(batch.slice(0, middle));
    await this.#commit(batch.slice(middle));
  }
}

function split<Item>(items: readonly Item[], holds: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}
