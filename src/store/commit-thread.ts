import { Piscina } from 'piscina';
import { poolOptions, workerUrl } from '../core/index.ts';
import { CarbonationError, messageOf, type PlainError } from '../errors/index.ts';
import type { CommitPlace } from './sqlite-commits.ts';
import type { GroupWrite, GroupWritten } from './types.ts';

/** A batch, with snapshots as JSON: a text is copied to a thread in one piece. */
export type CommitRequest = readonly GroupWrite[];

/** What a thread answers: an error's code is lost where an error is copied. */
export type CommitAnswer =
  | { readonly ok: true; readonly written: readonly GroupWritten[] }
  | { readonly ok: false; readonly error: PlainError | { readonly code: string | null; readonly message: string } };

/**
 * Commits groups to an SQLite database in a thread: SQLite has no calls that let go of the loop, and each commit waits for
 * the disk. It ends when it has had nothing to do for a while.
 */
export class CommitThread {
  readonly #pool: Piscina<CommitRequest, CommitAnswer>;

  constructor(place: CommitPlace) {
    this.#pool = new Piscina({ ...poolOptions(workerUrl(import.meta.url, 'commit.worker'), 1), workerData: place });
    // What ends an idle thread ends no commit; without a listener it would end the process.
    this.#pool.on('error', () => undefined);
  }

  /** Starts the thread and has it open the database, unless it has. */
  warmUp(): void {
    // Whatever is wrong is said to whoever commits something.
    if (this.#pool.threads.length === 0) this.#pool.run([]).catch(() => undefined);
  }

  /** Writes a batch as `GroupStore.commit` does, and throws the same. */
  async commit(writes: readonly GroupWrite[]): Promise<readonly GroupWritten[]> {
    const answer = await this.#ask(
      writes.map((write) => ({
        ...write,
        envelope: { ...write.envelope, snapshot: JSON.stringify(write.envelope.snapshot) },
      })),
    );
    if (answer.ok) return answer.written;
    if ('remedy' in answer.error) throw CarbonationError.fromPlain(answer.error);
    const { code, message } = answer.error;
    throw Object.assign(new Error(message), code === null ? {} : { code });
  }

  /** Ends the thread; what is being committed is, or is not, as at a crash. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #ask(request: CommitRequest): Promise<CommitAnswer> {
    try {
      return await this.#pool.run(request);
    } catch (error) {
      throw new CarbonationError('WORKER_CRASHED', `the committing thread failed: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}
