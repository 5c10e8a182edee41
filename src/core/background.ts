import { setTimeout as wait } from 'node:timers/promises';

/** Work that nobody waits for where it is begun, so that a stop can wait for it before it takes away what it works with. */
export class Background {
  readonly #running = new Set<Promise<unknown>>();

  /** Begins to keep an eye on work; what it throws is its own affair. */
  track(work: Promise<unknown>): void {
    const settled: Promise<unknown> = work
      .catch(() => undefined)
      .finally(() => {
        this.#running.delete(settled);
      });
    this.#running.add(settled);
  }

  /**
   * Resolves when all of it is over, also what was begun meanwhile.
   *
   * @param limitMs - how long that may take; what hangs is left behind
   */
  async whenIdle(limitMs: number): Promise<void> {
    const limit = new AbortController();
    const over = wait(limitMs, true, { signal: limit.signal }).catch(() => true);
    let isOver = false;
    while (this.#running.size > 0 && !isOver) {
      isOver = await Promise.race([Promise.all(this.#running).then(() => false), over]);
    }
    limit.abort();
  }
}
