import { inotifyLimit } from './inotify.ts';

/** What Linux keeps of events that nobody has read yet, unless it is set otherwise. */
const usualQueue = 16_384;

/** The kernel's queue and turns of the event loop; replaced in tests. */
export interface BacklogOptions {
  /** Events that the kernel keeps for one reader; beyond that it drops them. */
  readonly queue: number;
  /** Calls back when what the kernel has kept has been read. */
  readonly afterTurn: (done: () => void) => void;
}

/** How many events the kernel keeps (inotify(7), max_queued_events). */
export function kernelQueue(): number {
  const kept = inotifyLimit('max_queued_events');
  return kept !== null && Number.isSafeInteger(kept) && kept > 0 ? kept : usualQueue;
}

/**
 * Notices when events may have been lost. The kernel says so itself, but not through Node: so whoever reads half of its queue
 * in one go must think that there was more than it keeps.
 */
export class Backlog {
  readonly #most: number;
  readonly #afterTurn: BacklogOptions['afterTurn'];
  #inTurn = 0;

  constructor({ queue = kernelQueue(), afterTurn = (done) => void setImmediate(done) }: Partial<BacklogOptions> = {}) {
    this.#most = Math.ceil(queue / 2);
    this.#afterTurn = afterTurn;
  }

  /** Counts an event; true, once in a turn, when others may have been lost. */
  add(): boolean {
    if (this.#inTurn === 0)
      this.#afterTurn(() => {
        this.#inTurn = 0;
      });
    this.#inTurn += 1;
    return this.#inTurn === this.#most;
  }
}
