import type { WatchConfig } from '../config/types.ts';
import { messageOf } from '../errors/index.ts';
import { markRoot } from '../watch/index.ts';
import { compareRoot } from './brakes.ts';
import { GoneFiles, IdSet } from './gone-files.ts';
import type { Intake } from './intake.ts';
import type { Surroundings } from './types.ts';

/** How much of the time may go into looking for what vanished: each look waits so many times as long as the one before took. */
const restFactor = 4;

/**
 * Files of directories that have been moved away or removed as a whole: nobody
 * keeps their names but the database. What it has below such a directory is
 * looked for, and its group is told when it is gone.
 */
export class Vanished {
  readonly #around: Surroundings;
  readonly #intake: Intake;
  readonly #onFailure: (watch: WatchConfig, reason: string) => void;
  readonly #directories = new Map<WatchConfig, Set<string>>();
  #isWorking = false;
  #isClosed = false;

  /** @param onFailure - told of a watch of which it could not be found out: it must be read again */
  constructor(around: Surroundings, intake: Intake, onFailure: (watch: WatchConfig, reason: string) => void) {
    this.#around = around;
    this.#intake = intake;
    this.#onFailure = onFailure;
  }

  /** These directories below a watch have gone. */
  note(watch: WatchConfig, directories: readonly string[]): void {
    const noted = this.#directories.get(watch) ?? new Set();
    this.#directories.set(watch, noted);
    for (const directory of directories) noted.add(directory);
    void this.#work();
  }

  close(): void {
    this.#isClosed = true;
    this.#directories.clear();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    const { clock } = this.#around;
    try {
      for (const [watch, directories] of this.#directories) {
        this.#directories.delete(watch);
        const start = clock.monotonic();
        await this.#clear(watch, [...directories]);
        if (this.#isClosed) return;
        const restMs = (clock.monotonic() - start) * restFactor;
        await new Promise<void>((resolve) => void clock.after(restMs, resolve));
      }
    } finally {
      this.#isWorking = false;
    }
  }

  async #clear(watch: WatchConfig, paths: readonly string[]): Promise<void> {
    const { groups } = this.#around;
    try {
      const mark = await markRoot(watch);
      // A disk that has been unmounted takes its directories along.
      if (compareRoot(watch, mark, await groups.watchRoot(watch.name)) !== 'same') return;
      const seen = new IdSet();
      await new GoneFiles(groups, this.#intake, { watch, mark, paths, seen, unreadable: [] }).clear();
    } catch (error) {
      if (!this.#isClosed) this.#onFailure(watch, messageOf(error));
    }
  }
}
