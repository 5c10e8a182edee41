import type { Clock } from '../core/index.ts';

/** Pages that may listen at once. */
const mostListeners = 100;
/** How often a word is sent when there is no news, so that a dead connection is noticed; in ms. */
const aliveEveryMs = 15_000;
/** How long a page may leave news untaken until it is let go, in ms. */
const longestUntakenMs = 60_000;

/** The pages that listen; all are told the same. */
export class LiveHub {
  readonly #listeners = new Set<Listener>();
  readonly #clock: Pick<Clock, 'monotonic'>;
  #lastAt: number;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#lastAt = clock.monotonic();
  }

  get isFull(): boolean {
    return this.#listeners.size >= mostListeners;
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Nothing has been sent for long. */
  get isQuiet(): boolean {
    return this.#clock.monotonic() - this.#lastAt > aliveEveryMs;
  }

  /**
   * What a page is told, as server-sent events: `first`, and then the latest whenever it takes something. It listens from
   * when it takes the first one until it returns, or is let go.
   *
   * @param letGo - it has taken nothing for too long, and is told nothing more
   */
  listen(first: string, letGo: () => void): AsyncIterator<string, undefined> {
    return new Listener(message('now', first), this.#listeners, letGo);
  }

  tell(event: string, data: string): void {
    this.#lastAt = this.#clock.monotonic();
    for (const listener of this.#listeners) listener.tell(message(event, data), this.#lastAt);
  }
}

/** A page that listens. Of what it does not take only the latest is kept. */
class Listener implements AsyncIterator<string, undefined> {
  readonly #all: Set<Listener>;
  readonly #letGo: () => void;
  #untaken: string | null;
  #untakenSince: number | null = null;
  #take: ((next: IteratorResult<string, undefined>) => void) | null = null;
  #hasLeft = false;

  constructor(first: string, all: Set<Listener>, letGo: () => void) {
    this.#untaken = first;
    this.#all = all;
    this.#letGo = letGo;
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    if (this.#hasLeft) return { done: true, value: undefined };
    this.#all.add(this);
    const value = this.#untaken;
    this.#untaken = null;
    this.#untakenSince = null;
    if (value !== null) return { done: false, value };
    return new Promise((resolve) => {
      this.#take = resolve;
    });
  }

  async return(): Promise<IteratorResult<string, undefined>> {
    this.#hasLeft = true;
    this.#all.delete(this);
    this.#take?.({ done: true, value: undefined });
    return { done: true, value: undefined };
  }

  tell(value: string, at: number): void {
    if (this.#take !== null) {
      this.#take({ done: false, value });
      this.#take = null;
      return;
    }
    this.#untaken = value;
    this.#untakenSince ??= at;
    if (at - this.#untakenSince <= longestUntakenMs) return;
    void this.return();
    this.#letGo();
  }
}

/** JSON has no line breaks, which would need another `data:`. */
function message(event: string, json: string): string {
  return `event: ${event}\ndata: ${json}\n\n`;
}
