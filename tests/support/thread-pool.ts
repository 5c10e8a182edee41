import { afterAll, beforeAll, inject } from 'vitest';
import { ThreadPool as OwnPool } from '../../src/core/thread-pool.ts';
import type { PluginLocation } from '../../src/plugin/index.ts';

/** Pools that nobody uses at the moment, by what their threads are. */
const resting = new Map<string, OwnPool<unknown, unknown>[]>();

/** Entry of the threads that commit, for one service after the other. */
const committer = new URL('./commit-host.ts', import.meta.url);
let areCommittersShared = true;
let services = 0;

/** Has the test file start and end each committing thread. */
export function useOwnCommitters(): void {
  beforeAll(() => {
    areCommittersShared = false;
  });
  afterAll(() => {
    areCommittersShared = true;
  });
}

/** What a pool's threads are; null: they are of one project only. */
function kindOf(worker: URL, threads: number, data: unknown): string | null {
  if (!/\/(file|plugin)\.worker\./.test(worker.pathname)) return null;
  const isOfAll = data === undefined || (data as PluginLocation).directory.startsWith(inject('program').directory);
  return isOfAll ? JSON.stringify([worker.href, threads, data]) : null;
}

/**
 * What stands in for `src/core/thread-pool.ts` where services are tested: threads for files, those that commit, and those of the
 * plugin that all unchanged projects share, are left to the next service. To start one takes Node longer than
 * most tests.
 */
export class ThreadPool<Request, Answer> {
  readonly #kind: string | null;
  readonly #pool: OwnPool<unknown, unknown>;
  /** What a committing thread is told of whose it is; null: it is another one. */
  readonly #hosted: { readonly service: number; readonly data: unknown } | null;
  #isBegun = false;
  #underWay = 0;
  #isClosed = false;

  constructor(worker: URL, threads: number, data?: unknown) {
    const isHosted = areCommittersShared && /\/commit\.worker\./.test(worker.pathname);
    this.#hosted = isHosted ? { service: (services += 1), data } : null;
    this.#kind = isHosted ? worker.href : kindOf(worker, threads, data);
    const rested = this.#kind === null ? undefined : resting.get(this.#kind)?.pop();
    this.#pool =
      rested ?? (isHosted ? new OwnPool(committer, threads, worker.href) : new OwnPool(worker, threads, data));
  }

  get hasThread(): boolean {
    return this.#pool.hasThread && (this.#hosted === null || this.#isBegun);
  }

  async run(...[message, call]: Parameters<OwnPool<Request, Answer>['run']>): Promise<Answer> {
    if (this.#isClosed) throw new Error('the threads have been stopped');
    this.#isBegun = true;
    this.#underWay += 1;
    try {
      const asked = this.#hosted === null ? message : { ...this.#hosted, request: message };
      return (await this.#pool.run(asked, call)) as Answer;
    } finally {
      this.#underWay -= 1;
    }
  }

  async destroy(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What is still at something has to be ended, as always.
    const canRest = this.#kind !== null && this.#underWay === 0 && this.#pool.hasThread && (await this.#leave());
    if (canRest) resting.set(this.#kind, [...(resting.get(this.#kind) ?? []), this.#pool]);
    else await this.#pool.destroy();
  }

  /** Has a committing thread close its database; false: it could not. */
  async #leave(): Promise<boolean> {
    if (this.#hosted === null || !this.#isBegun) return true;
    return this.#pool.run(null, { name: 'end' }).then(
      () => true,
      () => false,
    );
  }
}
