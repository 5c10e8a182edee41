import type { Clock } from '../core/index.ts';

/** Reading that has not got on for longer than this, in ms, does not hold up the others: a directory of millions takes long, too. */
const patienceMs = 60_000;

/** Waits for the calls of one reading of a watch, one after the other, and tells when one has had no answer for a minute. */
export class Patience {
  readonly #clock: Clock;
  readonly #onOver: (path: string) => void;

  constructor(clock: Clock, onOver: (path: string) => void) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  /**
   * As the call does.
   *
   * @param path - what is said not to answer
   */
  async of<Answer>(path: string, call: Promise<Answer>): Promise<Answer> {
    const limit = this.#clock.after(patienceMs, () => this.#onOver(path));
    try {
      return await call;
    } finally {
      limit.cancel();
    }
  }

  /** What a reading gives, each waited for. */
  async *each<Page>(path: string, pages: AsyncGenerator<Page>): AsyncGenerator<Page> {
    try {
      for (;;) {
        const { done, value } = await this.of(path, pages.next());
        if (done === true) return;
        yield value;
      }
    } finally {
      await pages.return(undefined);
    }
  }
}
