import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Database } from '../../src/index.ts';
import { carbonation } from './process.ts';

/** ms since 1970 with fractions, by the clock that stamps files. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** The settle time of the scaffolded watch of a project, in ms. */
export function settleMsOf(directory: string): number {
  const seconds = /^settle_seconds = ([\d.]+)$/m.exec(readFileSync(join(directory, 'config.toml'), 'utf8'))?.[1];
  if (seconds === undefined) throw new Error('config.toml has no settle_seconds');
  return Number(seconds) * 1000;
}

/** How many groups of a project are in a state. */
export function countGroups(directory: string, state: string): number {
  return Number(carbonation(directory, 'query', 'files', '--state', state, '--count'));
}

/** A group as it was first seen to be complete. */
export interface Completion {
  /** When it was seen from outside, in ms since 1970: at that moment it was committed. */
  readonly seenAt: number;
  /** When the service has it that its files were archived; the commit that says so comes after that. */
  readonly recordedAt: number;
}

/**
 * Sees groups complete from outside, as a consumer of the library does: by the cursor of `getNewFiles`, on a connection of
 * its own, which is shown what is committed and nothing else.
 */
export class Completions implements AsyncDisposable {
  readonly #database: Database;
  readonly #byKey = new Map<string, Completion>();
  #cursor: string | null = null;
  #longestPauseMs = 0;
  #lastAt = now();

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(directory: string): Promise<Completions> {
    const completions = new Completions(await connect(join(directory, 'config.toml')));
    await completions.look();
    return completions;
  }

  /** Groups that have completed, by key. */
  get byKey(): ReadonlyMap<string, Completion> {
    return this.#byKey;
  }

  /** The longest time between two completions, or between the last {@link restart} and the first one after it, in ms. */
  get longestPauseMs(): number {
    return this.#longestPauseMs;
  }

  /** Pauses count from this moment on. */
  restart(at: number): void {
    this.#lastAt = at;
    this.#longestPauseMs = 0;
  }

  /** Reads on from where it was; how many groups have completed in all. A group that completes twice is an error. */
  async look(): Promise<number> {
    for (;;) {
      const page: Awaited<ReturnType<Database['getNewFiles']>> = await this.#database.getNewFiles({
        cursor: this.#cursor,
      });
      this.#cursor = page.cursor;
      if (page.rows.length === 0) return this.#byKey.size;
      const seenAt = now();
      this.#longestPauseMs = Math.max(this.#longestPauseMs, seenAt - this.#lastAt);
      this.#lastAt = seenAt;
      for (const { group_key: key, completed_at: completedAt } of page.rows) {
        if (this.#byKey.has(key)) throw new Error(`${key} completed twice`);
        if (completedAt === null) throw new Error(`${key} is complete without a time`);
        this.#byKey.set(key, { seenAt, recordedAt: completedAt.getTime() });
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.close();
  }
}
