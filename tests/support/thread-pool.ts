import { inject } from 'vitest';
import { ThreadPool as OwnPool } from '../../src/core/thread-pool.ts';
import type { PluginLocation } from '../../src/plugin/index.ts';

/** Pools that nobody uses at the moment, by what their threads are. */
const resting = new Map<string, OwnPool<unknown, unknown>[]>();

/** What a pool's threads are; null: they are of one project only. */
function kindOf(worker: URL, threads: number, data: unknown): string | null {
  if (!/\/(file|plugin)\.worker\./.test(worker.pathname)) return null;
  const isOfAll = data === undefined || (data as PluginLocation).directory.startsWith(inject('program').directory);
  return isOfAll ? JSON.stringify([worker.href, threads, data]) : null;
}

/**
 * What stands in for `src/core/thread-pool.ts` where services are tested: threads for files, and those of the plugin that all
 * unchanged projects share, are left to the next service of the test file. To start one takes Node longer than most tests.
 */
export class ThreadPool<Request, Answer> {
  readonly #kind: string | null;
  readonly #pool: OwnPool<unknown, unknown>;
  #underWay = 0;
  #isClosed = false;

  constructor(worker: URL, threads: number, data?: unknown) {
    this.#kind = kindOf(worker, threads, data);
    const rested = this.#kind === null ? undefined : resting.get(this.#kind)?.pop();
    this.#pool = rested ?? new OwnPool(worker, threads, data);
  }

  get hasThread(): boolean {
    return this.#pool.hasThread;
  }

  async run(...[message, call]: Parameters<OwnPool<Request, Answer>['run']>): Promise<Answer> {
    if (this.#isClosed) throw new Error('the threads have been stopped');
    this.#underWay += 1;
    try {
      return (await this.#pool.run(message, call)) as Answer;
    } finally {
      this.#underWay -= 1;
    }
  }

  async destroy(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What is still at something has to be ended, as always.
    if (this.#kind === null || this.#underWay > 0 || !this.#pool.hasThread) await this.#pool.destroy();
    else resting.set(this.#kind, [...(resting.get(this.#kind) ?? []), this.#pool]);
  }
}
