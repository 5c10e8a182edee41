import type { WatchConfig } from '../../config/types.ts';
import type { Clock } from '../../core/index.ts';
import { silenceOf } from '../../core/silent-places.ts';
import type { Log } from '../../logging/index.ts';

/** Reading that has not got on for longer than this, in ms, does not hold up the others: a directory of millions takes long, too. */
const patienceMs = 60_000;

/** How long a reading may wait altogether until there is room for what it has found, in ms. */
const crowdMs = 15_000;

/** Who is told that a reading does not get on. */
export interface PatienceHooks {
  /** A call has had no answer for a minute. @param path - what is said not to answer */
  readonly onSilence: (path: string) => void;
  /** It has waited too long altogether until there was room for what it had found. */
  readonly onCrowd: () => void;
}

/** Says of a watch that it is waited for, by whoever does not go on without it. */
export function sayingWait(log: Log): (watch: Pick<WatchConfig, 'name' | 'path'>) => void {
  return ({ name, path }) =>
    log.warning('a watch is waited for; without it this run does not end', {
      watch: name,
      reason: silenceOf(path),
    });
}

/** Waits for what one reading of a watch needs, one after the other, and tells when it takes too long for others to wait, too. */
export class Patience {
  readonly #clock: Clock;
  readonly #hooks: PatienceHooks;
  #waitedMs = 0;

  constructor(clock: Clock, hooks: PatienceHooks) {
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /**
   * As the call does.
   *
   * @param path - what is said not to answer
   */
  async of<Answer>(path: string, call: Promise<Answer>): Promise<Answer> {
    const limit = this.#clock.after(patienceMs, () => this.#hooks.onSilence(path));
    try {
      return await call;
    } finally {
      limit.cancel();
    }
  }

  /** Until there is room. */
  async room(wait: Promise<void>): Promise<void> {
    const start = this.#clock.monotonic();
    const limit = this.#clock.after(Math.max(0, crowdMs - this.#waitedMs), this.#hooks.onCrowd);
    await wait;
    limit.cancel();
    this.#waitedMs += this.#clock.monotonic() - start;
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
