import type { GroupEvent } from '../../../machines/file-group/index.ts';
import type { WatchConfig } from '../../config/types.ts';

/** An event for one group; the group is made if it does not exist and the event brings files. */
export interface Delivery {
  readonly watch: WatchConfig;
  readonly groupKey: string;
  readonly event: GroupEvent;
  /** Absent: it is for the group as it is when its turn comes. */
  readonly decidedBy?: GroupAsRead;
}

/** A group as it was read: what was decided by that does not hold any more once it has changed. */
export interface GroupAsRead {
  readonly lockVersion: number;
  /** It has changed, and was not told. */
  readonly onStale: () => void;
}

/** Deliveries whose groups are looked up together. */
const largestLookUp = 500;

/** A watch has at most so many times as many groups in memory as there are places left for the others. */
const share = 4;

/**
 * Events that wait for their groups, those of one watch in order. A watch whose groups take long, because of its extractor or its
 * disk, does not take all places in memory: its events wait until groups of it have left, and those of the others go past them.
 */
export class Inbox {
  readonly #most: number;
  readonly #isShared: boolean;
  /** By watch, that whose turn it is first. */
  readonly #waiting = new Map<string, Delivery[]>();
  /** Groups in memory, by watch. */
  readonly #active = new Map<string, number>();
  #activeCount = 0;
  #length = 0;

  /**
   * @param most - groups that may be in memory at once
   * @param isShared - there are several watches
   */
  constructor(most: number, isShared: boolean) {
    this.#most = most;
    this.#isShared = isShared;
  }

  /** Events that wait. */
  get length(): number {
    return this.#length;
  }

  /** Whether events wait, of any watch or of these. */
  holds(watchNames: readonly string[] = [...this.#waiting.keys()]): boolean {
    return watchNames.some((name) => this.#waiting.has(name));
  }

  /** Whether whoever makes events of a watch is to wait: however many of it wait, the others have room of their own. */
  isFullFor(watchName: string): boolean {
    return (this.#waiting.get(watchName)?.length ?? 0) >= this.#most;
  }

  push(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      const waiting = this.#waiting.get(delivery.watch.name);
      if (waiting === undefined) this.#waiting.set(delivery.watch.name, [delivery]);
      else waiting.push(delivery);
    }
    this.#length += deliveries.length;
  }

  /** A group of the watch is in memory. */
  entered(watchName: string): void {
    this.#activeCount += 1;
    this.#active.set(watchName, (this.#active.get(watchName) ?? 0) + 1);
  }

  /** …and no longer is. */
  left(watchName: string): void {
    this.#activeCount -= 1;
    this.#active.set(watchName, (this.#active.get(watchName) ?? 1) - 1);
  }

  /** Takes the next events out, of watches that have room for their groups. */
  take(): readonly Delivery[] {
    const taken: Delivery[] = [];
    for (const [name, waiting] of Array.from(this.#waiting)) {
      const room = Math.min(this.#roomOf(name, taken.length), largestLookUp - taken.length);
      if (room <= 0) continue;
      for (const delivery of waiting.splice(0, room)) taken.push(delivery);
      this.#waiting.delete(name);
      // Behind the others.
      if (waiting.length > 0) this.#waiting.set(name, waiting);
    }
    this.#length -= taken.length;
    return taken;
  }

  clear(): void {
    this.#waiting.clear();
    this.#length = 0;
  }

  /**
   * How many more groups of a watch may come into memory.
   *
   * @param coming - of other watches, that are about to
   */
  #roomOf(watchName: string, coming: number): number {
    const free = this.#most - this.#activeCount - coming;
    if (!this.#isShared || free <= 0) return free;
    const own = this.#active.get(watchName) ?? 0;
    return Math.max(own === 0 ? 1 : 0, Math.floor((share * free - own) / (1 + share)));
  }
}
