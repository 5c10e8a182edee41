import type { SSEStreamingApi } from 'hono/streaming';

/** Pages that may listen at once. */
const mostListeners = 100;
/** How often a word is sent when there is no news, so that a dead connection is noticed; in ms. */
const aliveEveryMs = 15_000;

/** The pages that listen; all are told the same. */
export class LiveHub {
  readonly #listeners = new Set<SSEStreamingApi>();
  #lastAt = performance.now();

  get isFull(): boolean {
    return this.#listeners.size >= mostListeners;
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Nothing has been sent for long. */
  get isQuiet(): boolean {
    return performance.now() - this.#lastAt > aliveEveryMs;
  }

  /** Keeps a page up to date; resolves when it has gone. */
  async listen(stream: SSEStreamingApi, first: string): Promise<void> {
    await stream.writeSSE({ event: 'now', data: first });
    this.#listeners.add(stream);
    await new Promise<void>((resolve) => {
      stream.onAbort(() => {
        this.#listeners.delete(stream);
        resolve();
      });
    });
  }

  async tell(event: string, data: string): Promise<void> {
    this.#lastAt = performance.now();
    await Promise.all([...this.#listeners].map((stream) => stream.writeSSE({ event, data }).catch(() => undefined)));
  }
}
