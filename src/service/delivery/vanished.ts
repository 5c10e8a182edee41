import type { WatchConfig } from '../../config/types.ts';
import { pause } from '../../core/index.ts';
import { messageOf } from '../../errors/index.ts';
import { compareRoot } from '../brakes.ts';
import { GoneFiles } from './gone-files.ts';
import { IdSet } from '../id-set.ts';
import type { Intake } from './intake.ts';
import type { Surroundings } from '../types.ts';

/** How much of the time may go into looking for what vanished: each look waits so many times as long as the one before took. */
const restFactor = 4;

/** How long the record of a group may lag behind it, in ms: what was not on record at the first look is at the second. */
const lagMs = 5000;
const looks = 2;

/**
 * Files of directories that have been moved away or removed as a whole from
 * below a watch: nobody keeps their names but the database. What it has below
 * such a directory is looked for, and its group is told when it is gone.
 */
export class Vanished {
  readonly #around: Surroundings;
  readonly #intake: Intake;
  readonly #watch: WatchConfig;
  readonly #onFailure: (reason: string) => void;
  /** How often each directory is still to be looked for. */
  readonly #directories = new Map<string, number>();
  #isWorking = false;
  #isClosed = false;

  /** @param onFailure - told when it could not be found out: the watch must be read again */
  constructor(around: Surroundings, intake: Intake, watch: WatchConfig, onFailure: (reason: string) => void) {
    this.#around = around;
    this.#intake = intake;
    this.#watch = watch;
    this.#onFailure = onFailure;
  }

  /** These directories have gone. */
  note(directories: readonly string[]): void {
    for (const directory of directories) this.#directories.set(directory, looks);
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
      while (this.#directories.size > 0) {
        const start = clock.monotonic();
        await this.#clear(this.#take());
        const restMs = Math.max(lagMs, (clock.monotonic() - start) * restFactor);
        await pause(clock, restMs);
      }
    } finally {
      this.#isWorking = false;
    }
  }

  #take(): readonly string[] {
    const directories = [...this.#directories.keys()];
    for (const [directory, left] of this.#directories) {
      if (left > 1) this.#directories.set(directory, left - 1);
      else this.#directories.delete(directory);
    }
    return directories;
  }

  async #clear(paths: readonly string[]): Promise<void> {
    const { groups, roots } = this.#around;
    const watch = this.#watch;
    try {
      // What has settled just now is on its way to its group.
      await this.#intake.whenRoom(watch);
      const mark = await roots.lookAnew(watch);
      // A disk that has been unmounted takes its directories along.
      if (compareRoot(watch, mark, await groups.watchRoot(watch.name)) !== 'same') return;
      const seen = new IdSet();
      await new GoneFiles(groups, this.#intake, { watch, mark, paths, seen, unreadable: [] }).clear();
    } catch (error) {
      if (!this.#isClosed) this.#onFailure(messageOf(error));
    }
  }
}
