import { moduleUrl } from '../core/index.ts';
import { ThreadPool } from '../core/thread-pool.ts';
import { CarbonationError, messageOf, type PlainError } from '../errors/index.ts';
import { byPathHash, fromColumns, type KnownColumns } from './known-files.ts';
import type { DirectoryChange } from './open-directories.ts';
import type { CommitPlace } from './sqlite-commits.ts';
import type { GroupWrite, GroupWritten, KnownFile } from './types.ts';

/**
 * What a thread is asked: to write a batch, with snapshots as JSON, since a text is copied in one piece; or which directories are
 * open; or which files are known.
 */
export type CommitRequest =
  | { readonly writes: readonly GroupWrite[] }
  | { readonly directories: DirectoryChange }
  | { readonly pathHashes: readonly string[] };

/** What has been written, and found. */
interface Done {
  readonly written: readonly GroupWritten[];
  readonly known: KnownColumns | null;
}

/** What a thread answers: an error's code is lost where an error is copied. */
export type CommitAnswer =
  | ({ readonly ok: true } & Done)
  | { readonly ok: false; readonly error: PlainError | { readonly code: string | null; readonly message: string } };

/** How often a batch is tried again whose thread has ended: after that it counts as what ends it. */
const mostEnds = 3;

/**
 * Commits groups to an SQLite database in a thread: SQLite has no calls that let go of the loop, and each commit waits for
 * the disk. It ends when it has had nothing to do for a while.
 */
export class CommitThread {
  readonly #pool: ThreadPool<CommitRequest, CommitAnswer>;
  /** How often in succession a thread has ended instead of writing. */
  #ends = 0;
  /** Counts the threads that have ended: one takes along all that it has been asked. */
  #round = 0;

  constructor(place: CommitPlace) {
    this.#pool = new ThreadPool(moduleUrl('store/commit.worker'), 1, place);
  }

  /** Starts the thread and has it open the database. Resolves when it has, or could not be started; null: there is one. */
  warmUp(): Promise<unknown> | null {
    // Whatever is wrong is said to whoever commits something.
    return this.#pool.hasThread ? null : Promise.allSettled([this.#pool.run({ writes: [] }, { name: 'commit' })]);
  }

  /**
   * Writes a batch as `GroupStore.commit` does, and throws the same.
   *
   * @throws Error code THREAD_ENDED: the thread has ended, or could not be started, which may pass
   */
  async commit(writes: readonly GroupWrite[]): Promise<readonly GroupWritten[]> {
    const { written } = await this.#ask({
      writes: writes.map((write) => ({
        ...write,
        envelope: { ...write.envelope, snapshot: JSON.stringify(write.envelope.snapshot) },
      })),
    });
    return written;
  }

  /** Records open directories as `GroupStore.recordDirectories` does, and throws as {@link commit}. */
  async recordDirectories(directories: DirectoryChange): Promise<void> {
    await this.#ask({ directories });
  }

  /**
   * The files with these path keys, as `GroupStore.knownFiles`, while the loop goes on.
   *
   * @throws Error what SQLite throws; that the thread has ended, which says nothing about what it is asked to write
   */
  async knownFiles(pathHashes: readonly string[]): Promise<ReadonlyMap<string, KnownFile>> {
    const { known } = done(await this.#pool.run({ pathHashes }, { name: 'commit' }));
    return byPathHash(known === null ? [] : fromColumns(known));
  }

  /** Ends the thread; what is being committed is, or is not, as at a crash. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** Has something written. */
  async #ask(request: CommitRequest): Promise<Done> {
    const round = this.#round;
    let answer: CommitAnswer;
    try {
      answer = await this.#pool.run(request, { name: 'commit' });
      this.#ends = 0;
    } catch (error) {
      if (round === this.#round) {
        this.#round += 1;
        this.#ends += 1;
      }
      const message = `the committing thread failed: ${messageOf(error)}`;
      if (this.#ends > mostEnds) throw new CarbonationError('WORKER_CRASHED', message, { cause: error });
      throw Object.assign(new Error(message, { cause: error }), { code: 'THREAD_ENDED' });
    }
    return done(answer);
  }
}

/** What has been done; throws what SQLite has thrown. */
function done(answer: CommitAnswer): Done {
  if (answer.ok) return answer;
  if ('remedy' in answer.error) throw CarbonationError.fromPlain(answer.error);
  const { code, message } = answer.error;
  throw Object.assign(new Error(message), code === null ? {} : { code });
}
