import { moduleUrl } from '../core/index.ts';
import { ThreadPool } from '../core/thread-pool.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import { Batcher } from './batcher.ts';
import type {
  InspectedFile,
  InspectRequest,
  ReadFile,
  ReadRequest,
  RemovedFile,
  RemoveRequest,
  SweepRequest,
  TransferredFile,
  TransferRequest,
} from './messages.ts';
import type { Outcome } from './outcome.ts';
import type { Places } from './places.ts';
import { poolClosed } from './pool-closed.ts';
import { threadPlaces } from './threads.ts';

/** Groups in one message at most: sending one wakes a thread, which costs as much as the work on a small group. */
const groupsPerMessage = 64;

/**
 * The threads that read and write bytes. They never run a plugin's code, so a plugin cannot hold up a transfer. `lane` says whose disk
 * a request is about, see {@link Batcher}.
 */
export class FilePool {
  readonly #pool: ThreadPool<unknown, unknown>;
  readonly #places: Places;
  readonly #inspect: Batcher<InspectRequest, readonly InspectedFile[]>;
  readonly #transfer: Batcher<TransferRequest, readonly TransferredFile[]>;
  readonly #remove: Batcher<RemoveRequest, readonly RemovedFile[]>;
  readonly #read: Batcher<ReadRequest, readonly ReadFile[]>;
  readonly #sweep: Batcher<SweepRequest, number>;
  #isClosed = false;

  /** @param places - how many messages may be under way; by default as many as suit short ones */
  constructor(threads: number, places: Places = threadPlaces(threads)) {
    this.#pool = new ThreadPool(moduleUrl('workers/file.worker'), threads);
    this.#places = places;
    const batcher = <Request, Answer>(name: string) =>
      new Batcher<Request, Answer>({
        batchSize: groupsPerMessage,
        places,
        send: async (batch) => {
          try {
            const requests = batch.map(({ request }) => request);
            // The thread answers each request of the message, in order; `name` says with which type.
            const outcomes = (await this.#pool.run(requests, { name })) as readonly Outcome<Answer>[];
            for (const [i, { resolve, reject }] of batch.entries()) {
              const outcome = outcomes[i];
              if (outcome?.ok === true) resolve(outcome.value);
              else if (outcome === undefined) reject(new CarbonationError('INTERNAL', `no answer to ${name}`));
              else reject(CarbonationError.fromPlain(outcome.error));
            }
          } catch (error) {
            const crashed = this.#isClosed
              ? poolClosed()
              : new CarbonationError('WORKER_CRASHED', `a file thread failed: ${messageOf(error)}`, { cause: error });
            for (const { reject } of batch) reject(crashed);
          }
          return [];
        },
      });
    this.#inspect = batcher('inspect');
    this.#transfer = batcher('transfer');
    this.#remove = batcher('remove');
    this.#read = batcher('read');
    this.#sweep = batcher('sweep');
  }

  /** Starts a thread: files are on their way. Resolves when it has started, or could not be; null: there is one. */
  warmUp(): Promise<void> | null {
    return this.#pool.hasThread ? null : this.#places.hold(() => this.#pool.run([], { name: 'inspect' }));
  }

  /** Inspects the components of a group, in the order of the request. @param signal - as of {@link Batcher.ask} */
  inspect(request: InspectRequest, lane?: string, signal?: AbortSignal): Promise<readonly InspectedFile[]> {
    return this.#inspect.ask(request, lane, signal);
  }

  /** Puts the components of a group into an archive, in the order of the request. */
  transfer(request: TransferRequest, lane?: string): Promise<readonly TransferredFile[]> {
    return this.#transfer.ask(request, lane);
  }

  /** Removes archived sources, in the order of the request. */
  remove(request: RemoveRequest, lane?: string): Promise<readonly RemovedFile[]> {
    return this.#remove.ask(request, lane);
  }

  /** Reads archived files, in the order of the request. */
  read(request: ReadRequest): Promise<readonly ReadFile[]> {
    return this.#read.ask(request);
  }

  /** Removes what dead runs left in a directory of an archive; how many files that were. */
  sweep(request: SweepRequest): Promise<number> {
    return this.#sweep.ask(request);
  }

  /** Ends the threads at once; what they are at, and what waits, is POOL_CLOSED. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const batchers = [this.#inspect, this.#transfer, this.#remove, this.#read, this.#sweep];
    for (const batcher of batchers) batcher.close(poolClosed());
    await this.#pool.destroy();
  }
}
