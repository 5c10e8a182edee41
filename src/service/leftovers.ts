import { CarbonationError, messageOf } from '../errors/index.ts';
import { inTime } from '../core/index.ts';
import { silentMs } from '../watch/index.ts';
import type { Surroundings } from './types.ts';

/** Removes what dead runs left unfinished in the archives, in a thread: a disk that does not answer holds up nothing else. */
export class Leftovers {
  readonly #around: Pick<Surroundings, 'files' | 'clock' | 'log' | 'instance'>;
  readonly #swept = new Set<string>();
  #isOver = false;

  constructor(around: Pick<Surroundings, 'files' | 'clock' | 'log' | 'instance'>) {
    this.#around = around;
  }

  /**
   * Sweeps directories that have not been swept yet, one after the other; those in which nothing unfinished is left. When one does
   * not answer for ten seconds, it and those behind it are left: what is there does no harm until the next start.
   */
  async sweep(directories: readonly string[]): Promise<readonly string[]> {
    const clean: string[] = [];
    for (const directory of directories) {
      if (this.#isOver || this.#swept.has(directory)) continue;
      this.#swept.add(directory);
      if (await this.#sweep(directory)) clean.push(directory);
    }
    return clean;
  }

  async #sweep(directory: string): Promise<boolean> {
    const { files, clock, log, instance } = this.#around;
    try {
      const count = await inTime(clock, silentMs, files.sweep({ directory, owner: instance }));
      if (count === null) {
        this.#isOver = true;
        log.warning('an archive does not answer; what a crash has left there stays', { directory });
        return false;
      }
      if (count > 0) log.info('removed what a former run left unfinished', { directory, files: count });
      return true;
    } catch (error) {
      // The service is stopping.
      if (error instanceof CarbonationError && error.code === 'POOL_CLOSED') this.#isOver = true;
      // One archive that cannot be written must not keep the others waiting.
      else {
        const reason = messageOf(error);
        log.warning('what a former run left unfinished cannot be removed', { directory, reason });
      }
      return false;
    }
  }
}
