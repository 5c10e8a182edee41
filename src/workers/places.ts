/** How many messages of a pool may be under way. */
export interface PlacesOptions {
  /** Places that are always there: about as many as there are cores for them. */
  readonly usual: number;
  /** Places there are at most. */
  readonly most: number;
  /** A message that is under way for longer than this, in ms, no longer counts as a usual one. */
  readonly heldUpMs: number;
}

/** Leave to have one message under way, to be given back once. */
export interface Place {
  release(): void;
}

/**
 * Admission to the threads of a pool. More threads than cores only get in each
 * other's way and each costs its start, so that few are used as long as messages
 * come back quickly. Where they do not (large files, slow storage, a function
 * that hangs), more places open one by one, and nothing is held up for long.
 */
export class Places {
  readonly #options: PlacesOptions;
  readonly #taken = new Set<{ readonly at: number }>();
  readonly #refused = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;
  /** Who took the last place. */
  #last: (() => void) | null = null;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** Takes a place if there is one; otherwise `again` is called when it is worth another try. */
  take(again: () => void): Place | null {
    const now = performance.now();
    const quick = [...this.#taken].filter(({ at }) => now - at < this.#options.heldUpMs);
    if (quick.length >= this.#options.usual || this.#taken.size >= this.#options.most) {
      this.#refused.add(again);
      this.#arm(now, quick);
      return null;
    }
    const message = { at: now };
    this.#taken.add(message);
    this.#refused.delete(again);
    this.#last = again;
    return {
      release: () => {
        if (this.#taken.delete(message)) this.#wake();
      },
    };
  }

  /**
   * Has a place taken while something goes on that nobody waits for, such as the start of a thread: it would be given another
   * one meanwhile. What is wrong with it is said to whoever asks for something. Resolves when it is over.
   */
  async hold(work: () => Promise<unknown>): Promise<void> {
    const place = this.take(() => undefined);
    if (place === null) return;
    await Promise.allSettled([Promise.resolve().then(work)]);
    place.release();
  }

  /** Wakes whoever waits when the next of these messages counts as held up. */
  #arm(now: number, quick: readonly { readonly at: number }[]): void {
    if (this.#timer !== null || this.#taken.size >= this.#options.most) return;
    const oldest = Math.min(...quick.map(({ at }) => at));
    this.#timer = setTimeout(() => this.#wake(), oldest + this.#options.heldUpMs - now + 1);
    this.#timer.unref();
  }

  #wake(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = [...this.#refused];
    this.#refused.clear();
    // In turns: whoever has had the last place comes after the others, or it would keep it until it has nothing left.
    const last = this.#last;
    for (const again of waiting) if (again !== last) again();
    if (last !== null && waiting.includes(last)) last();
  }
}
