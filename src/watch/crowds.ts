import { readFileSync } from 'node:fs';

/** Entries that come and go within one second and are a crowd of which some may have been lost. */
const mostPerSecond = 5_000;

/** What Linux keeps of events that nobody has read yet, unless it is set otherwise. */
const usualQueue = 16_384;

/** Clock and turns of the event loop; replaced in tests. */
export interface CrowdsOptions {
  /** Events that the kernel keeps for one reader; beyond that it drops them. */
  readonly queue: number;
  /** Milliseconds on a clock that never jumps. */
  readonly now: () => number;
  /** Calls back when what the kernel has kept has been read. */
  readonly afterTurn: (done: () => void) => void;
}

/** How many events the kernel keeps (inotify(7), max_queued_events). */
export function kernelQueue(): number {
  try {
    const kept = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
    return Number.isSafeInteger(kept) && kept > 0 ? kept : usualQueue;
  } catch {
    return usualQueue;
  }
}

/**
 * Notices when events may have been lost. The kernel says so itself, but not through Node: so whoever reads half of its queue
 * in one go must think that there was more than it keeps.
 */
export class Crowds {
  readonly #options: CrowdsOptions;
  #inTurn = 0;
  #second = 0;
  #inSecond = 0;

  constructor({
    queue = kernelQueue(),
    now = () => performance.now(),
    afterTurn = (done) => void setImmediate(done),
  }: Partial<CrowdsOptions> = {}) {
    this.#options = { queue, now, afterTurn };
  }

  /** Counts an event; whether with it there are too many. `isEntry`: an entry has come or gone, not only been written to. */
  add(isEntry: boolean): boolean {
    if (this.#inTurn === 0)
      this.#options.afterTurn(() => {
        this.#inTurn = 0;
      });
    this.#inTurn += 1;
    const isUnread = this.#inTurn === Math.ceil(this.#options.queue / 2);
    if (!isEntry) return isUnread;
    const second = Math.floor(this.#options.now() / 1000);
    this.#inSecond = second === this.#second ? this.#inSecond + 1 : 1;
    this.#second = second;
    return isUnread || this.#inSecond === mostPerSecond;
  }

  /** Entries that have come and gone within this second. */
  get inSecond(): number {
    return this.#inSecond;
  }
}
