import type { Clock, Timer } from '../../core/index.ts';
import { CarbonationError, toCarbonationError } from '../../errors/index.ts';
import type { Groups } from '../types.ts';

/** How long directories are gathered before they are recorded, in ms. */
const gatherMs = 2;
/** Directories that stay on record although nothing is written into them at the moment: more is likely to come. */
const mostIdle = 100;

/** Who waits for a directory to be on record. */
interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The intents of transfers: each directory of an archive is on record before the first byte is written into it, so that
 * after a crash it is known where to look for what was left unfinished. One record serves all groups that go there, and
 * stays for the next ones.
 */
export class OpenDirectories {
  readonly #groups: Pick<Groups, 'recordDirectories'>;
  readonly #clock: Clock;
  /** How many transfers go to each now. */
  readonly #users = new Map<string, number>();
  /** Those on record that may go off it again, the oldest record first. */
  readonly #recorded = new Set<string>();
  /** Those on record in which something may have been left: they stay there for the next start, which looks for it. */
  readonly #unclean = new Set<string>();
  readonly #waiting = new Map<string, Waiting[]>();
  #timer: Timer | null = null;
  #isRecording = false;
  #isClosed = false;

  constructor(groups: Pick<Groups, 'recordDirectories'>, clock: Clock) {
    this.#groups = groups;
    this.#clock = clock;
  }

  /** Runs a transfer into a directory, once that is on record. Rejects when it cannot be recorded, and as the transfer does. */
  async use<Answer>(directory: string, transfer: () => Promise<Answer>): Promise<Answer> {
    this.#users.set(directory, (this.#users.get(directory) ?? 0) + 1);
    try {
      if (!this.#recorded.has(directory) && !this.#unclean.has(directory)) await this.#whenRecorded(directory);
      return await this.#transfer(directory, transfer);
    } finally {
      this.#release(directory);
    }
  }

  async #transfer<Answer>(directory: string, transfer: () => Promise<Answer>): Promise<Answer> {
    try {
      return await transfer();
    } catch (error) {
      this.leave(directory);
      throw error;
    }
  }

  /** Something may be left unfinished in a directory that is on record, and in use if by this run: it stays so until the next start. */
  leave(directory: string): void {
    this.#recorded.delete(directory);
    this.#unclean.add(directory);
  }

  /** Takes those off the record that nothing is written into any more. To be called at the end, when no transfer begins. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    const closed = this.#idle();
    if (closed.length > 0) await this.#groups.recordDirectories({ opened: [], closed, at: this.#clock.now() });
  }

  #whenRecorded(directory: string): Promise<void> {
    if (this.#isClosed) throw new CarbonationError('POOL_CLOSED', `nothing is written into ${directory} any more`);
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(directory);
      if (waiting === undefined) this.#waiting.set(directory, [{ resolve, reject }]);
      else waiting.push({ resolve, reject });
      this.#arm();
    });
  }

  #release(directory: string): void {
    const users = (this.#users.get(directory) ?? 1) - 1;
    if (users > 0) this.#users.set(directory, users);
    else this.#users.delete(directory);
  }

  #idle(): readonly string[] {
    return [...this.#recorded].filter((directory) => !this.#users.has(directory));
  }

  #arm(): void {
    if (this.#isRecording || this.#timer !== null) return;
    this.#timer = this.#clock.after(gatherMs, () => {
      this.#timer = null;
      void this.#record();
    });
  }

  /** Records what is waited for, and takes idle ones off the record with it, the oldest first. */
  async #record(): Promise<void> {
    this.#isRecording = true;
    while (this.#waiting.size > 0) {
      const asked = new Map(this.#waiting);
      this.#waiting.clear();
      const opened = [...asked.keys()];
      const idle = this.#idle();
      const closed = idle.slice(0, Math.max(0, idle.length - mostIdle));
      for (const directory of closed) this.#recorded.delete(directory);
      try {
        await this.#groups.recordDirectories({ opened, closed, at: this.#clock.now() });
        for (const directory of opened) this.#recorded.add(directory);
        for (const { resolve } of [...asked.values()].flat()) resolve();
      } catch (error) {
        for (const { reject } of [...asked.values()].flat()) reject(toCarbonationError(error));
      }
    }
    this.#isRecording = false;
  }
}
