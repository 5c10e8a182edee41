import { moduleUrl } from '../../core/index.ts';
import { ThreadPool } from '../../core/thread-pool.ts';
import { CarbonationError, messageOf, type PlainError } from '../../errors/index.ts';
import { byPathHash, fromColumns, type KnownColumns } from './known-files.ts';
import type { DirectoryChange } from './open-directories.ts';
import type { CommitPlace } from './sqlite-commits.ts';
import type { GroupWrite, GroupWritten, KnownFile } from '../types.ts';

/**
 * What a thread is asked: to write a batch, with snapshots as JSON, since a text is copied in one piece; or which directories are
 * open; or which files are known.
 */
type Question =
  | { readonly writes: readonly GroupWrite[] }
  | { readonly directories: DirectoryChange }
  | { readonly pathHashes: readonly string[] };

/** One of them, with the number by which the thread says that it has begun it. */
export type CommitRequest = Question & { readonly number: number };

/** What a thread is started with. */
export interface CommitThreadData {
  readonly place: CommitPlace;
  /** The number of the request that it has begun last: one element, shared with whoever has started it. */
  readonly begun: Int32Array<SharedArrayBuffer>;
}

/** What has been written, and found. */
interface Done {
  readonly written: readonly GroupWritten[];
  readonly known: KnownColumns | null;
}

/** What a thread answers: an error's code is lost where an error is copied. */
export type CommitAnswer =
  | ({ readonly ok: true } & Done)
  | { readonly ok: false; readonly error: PlainError | { readonly code: string | null; readonly message: string } };

/**
 * How often a batch is tried again over which its thread has ended: after that it counts as what ends it. An end before it had begun
 * says less: no thread may be had for a while.
 */
const mostEnds = { begun: 3, before: 20 } as const;

/**
 * Commits groups to an SQLite database in a thread: SQLite has no calls that let go of the loop, and each commit waits for
 * the disk. It ends when it has had nothing to do for a while.
 */
export class CommitThread {
  readonly #pool: ThreadPool<CommitRequest, CommitAnswer>;
  readonly #begun: Int32Array<SharedArrayBuffer>;
  #asked = 0;
  /** How often the thread has ended over what it was to write, and before it had begun it. */
  readonly #ends = new WeakMap<object, { begun: number; before: number }>();

  /** @param begun - where the thread says which request it has begun */
  constructor(place: CommitPlace, begun = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))) {
    this.#begun = begun;
    const data: CommitThreadData = { place, begun };
    this.#pool = new ThreadPool(moduleUrl('store/commit.worker'), 1, data);
  }

  /** Starts the thread and has it open the database. Resolves when it has, or could not be started; null: there is one. */
  warmUp(): Promise<unknown> | null {
    // Whatever is wrong is said to whoever commits something.
    return this.#pool.hasThread ? null : Promise.allSettled([this.#run(this.#numbered({ writes: [] }))]);
  }

  /**
   * Writes a batch as `GroupStore.commit` does, and throws the same.
   *
   * @throws Error code THREAD_ENDED: the thread has ended, or could not be started, which may pass
   * @throws CarbonationError WORKER_CRASHED: it has ended over this very batch again and again
   */
  async commit(writes: readonly GroupWrite[]): Promise<readonly GroupWritten[]> {
    const plain = writes.map((write) => ({
      ...write,
      envelope: { ...write.envelope, snapshot: JSON.stringify(write.envelope.snapshot) },
    }));
    const { written } = await this.#ask({ writes: plain }, writes);
    return written;
  }

  /** Records open directories as `GroupStore.recordDirectories` does, and throws as {@link commit}. */
  async recordDirectories(directories: DirectoryChange): Promise<void> {
    await this.#ask({ directories }, directories);
  }

  /**
   * The files with these path keys, as `GroupStore.knownFiles`, while the loop goes on.
   *
   * @throws Error what SQLite throws; that the thread has ended, which says nothing about what it is asked to write
   */
  async knownFiles(pathHashes: readonly string[]): Promise<ReadonlyMap<string, KnownFile>> {
    const { known } = done(await this.#run(this.#numbered({ pathHashes })));
    return byPathHash(known === null ? [] : fromColumns(known));
  }

  /** Ends the thread; what is being committed is, or is not, as at a crash. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /**
   * Has something written.
   *
   * @param what - the same object each time the same is asked: a thread that ends before it has begun it, or could not be
   *   started, says nothing about it
   */
  async #ask(question: Question, what: object): Promise<Done> {
    const request = this.#numbered(question);
    let answer: CommitAnswer;
    try {
      answer = await this.#run(request);
    } catch (error) {
      // It has not come to a thread.
      if (error instanceof DOMException && error.name === 'DataCloneError') throw error;
      const ends = this.#ends.get(what) ?? { begun: 0, before: 0 };
      ends[Atomics.load(this.#begun, 0) === request.number ? 'begun' : 'before'] += 1;
      this.#ends.set(what, ends);
      const message = `the committing thread failed: ${messageOf(error)}`;
      if (ends.begun > mostEnds.begun || ends.before > mostEnds.before)
        throw new CarbonationError('WORKER_CRASHED', message, { cause: error });
      throw Object.assign(new Error(message, { cause: error }), { code: 'THREAD_ENDED' });
    }
    return done(answer);
  }

  #numbered(question: Question): CommitRequest {
    // Nobody is in doubt about one of 2^32 requests ago.
    this.#asked = (this.#asked + 1) | 0;
    return { ...question, number: this.#asked };
  }

  #run(request: CommitRequest): Promise<CommitAnswer> {
    return this.#pool.run(request, { name: 'commit' });
  }
}

/** What has been done; throws what SQLite has thrown. */
function done(answer: CommitAnswer): Done {
  if (answer.ok) return answer;
  if ('remedy' in answer.error) throw CarbonationError.fromPlain(answer.error);
  const { code, message } = answer.error;
  throw Object.assign(new Error(message), code === null ? {} : { code });
}
