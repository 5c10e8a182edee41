import { pause, type Clock } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import type { Log } from '../logging/index.ts';
import type { PrunedBatch } from '../store/index.ts';

/** The pause between two batches, in ms: the work of the service goes first. */
const pauseMs = 20;

/** Of so many rounds one walks over all that is kept; the others go on where the last one ended, since what was kept mostly stays. */
const roundsPerWalk = 10;

/** How long a run that ends waits for it, in ms; the rest is left to the next run. */
const endMs = 20_000;

/** What the pruner needs. */
export interface HistoryPrunerOptions {
  /** `[service] history_retention`, in ms. */
  readonly retentionMs: number;
  /** Removes one batch of steps older than `before`, from the id `afterId` on. */
  readonly prune: (before: number, afterId: number, now: number) => Promise<PrunedBatch>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps the history within `history_retention`: after each reconciliation, in batches, so that nothing waits for it. */
export class HistoryPruner {
  readonly #options: HistoryPrunerOptions;
  #run: Promise<void> | null = null;
  /** The work of the service is done: there is nothing to go first. */
  #isLast = false;
  #isClosed = false;
  #rounds = 0;
  /** Behind which step the last round ended, or was ended. */
  #from = 0;

  constructor(options: HistoryPrunerOptions) {
    this.#options = options;
  }

  /** Begins, unless it is at it. */
  begin(): void {
    if (this.#isClosed) return;
    this.#run ??= this.#prune().finally(() => {
      this.#run = null;
    });
  }

  /** Resolves when it has ended: `toTheEnd` with what is too old, for a bounded time, else after the batch under way. */
  async close(toTheEnd: boolean): Promise<void> {
    if (toTheEnd) this.#isLast = true;
    else this.#isClosed = true;
    const limit = this.#options.clock.after(endMs, () => {
      this.#isClosed = true;
    });
    await this.#run;
    limit.cancel();
    this.#isClosed = true;
  }

  async #prune(): Promise<void> {
    const { retentionMs, prune, clock, log } = this.#options;
    const now = clock.now();
    let removed = 0;
    let next: number | null = this.#rounds % roundsPerWalk === 0 ? 0 : this.#from;
    this.#rounds += 1;
    try {
      while (next !== null && !this.#isClosed) {
        this.#from = next;
        const batch: PrunedBatch = await prune(now - retentionMs, next, now);
        removed += batch.removed;
        next = batch.next;
        if (next !== null) await pause(clock, this.#isLast ? 0 : pauseMs);
      }
    } catch (error) {
      log.warning('the history cannot be pruned; it is tried again after the next reconciliation', {
        reason: messageOf(error),
      });
    }
    if (removed > 0) log.info('steps older than history_retention were removed', { steps: removed });
  }
}
