import { moduleUrl, type StoredMetadata } from '../core/index.ts';
import { ThreadPool } from '../core/thread-pool.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import type { PluginLocation } from '../plugin/index.ts';
import { Batcher, type Pending } from './batcher.ts';
import type { Caution } from './caution.ts';
import type {
  CallRequest,
  ExtractRequest,
  PluginAnswer,
  PluginAnswers,
  PluginBatch,
  PluginRequest,
} from './messages.ts';
import type { Places } from './places.ts';
import { poolClosed } from './pool-closed.ts';
import { threadPlaces } from './threads.ts';

/** Requests in one message at most; they are worked on together. */
const requestsPerMessage = 32;

/** How much longer than its own time limit a request may hold its thread before the thread is ended. */
const graceMs = 500;

/** How long a thread may take to start and to load the plugin. */
const startMs = 60_000;

/** The progress of a thread that has not begun with a request yet. */
const notBegun = 0;

type PendingPlugin = Pending<PluginRequest, PluginAnswer>;

/**
 * The threads that run a plugin's code. A function that hangs or ends its thread
 * costs that thread: the requests of its message are then asked again one by one,
 * so that exactly the culprit fails.
 */
export class PluginPool {
  readonly #pool: ThreadPool<PluginBatch, PluginAnswers>;
  readonly #timeoutMs: number;
  readonly #places: Places;
  readonly #batcher: Batcher<PluginRequest, PluginAnswer>;
  readonly #caution: Caution | null;
  #isClosed = false;

  /** @param caution - finds out what ends the process; null: nobody would come to it again */
  constructor(threads: number, location: PluginLocation, timeoutMs: number, caution: Caution | null = null) {
    this.#timeoutMs = timeoutMs;
    this.#caution = caution;
    this.#places = threadPlaces(threads);
    this.#pool = new ThreadPool(moduleUrl('workers/plugin.worker'), threads, location);
    this.#batcher = new Batcher({
      batchSize: requestsPerMessage,
      places: this.#places,
      send: (batch) => this.#send(batch),
    });
  }

  /** Starts a thread and has it load the plugin, as {@link FilePool.warmUp}. */
  warmUp(): Promise<void> | null {
    if (this.#pool.hasThread) return null;
    const nothing = { requests: [], timeoutMs: this.#timeoutMs, progress: new SharedArrayBuffer(4) };
    return this.#places.hold(() => this.#pool.run(nothing, { name: 'work', signal: AbortSignal.timeout(startMs) }));
  }

  /**
   * Extracts a group's metadata.
   *
   * @param signal - as of {@link Batcher.ask}
   * @throws CarbonationError EXTRACT_FAILED, EXTRACT_TIMEOUT, EXTRACT_CRASHED or EXTRACT_INVALID
   */
  async extract(request: Omit<ExtractRequest, 'kind'>, signal?: AbortSignal): Promise<StoredMetadata> {
    // The thread has checked the result against the plugin's columns.
    return (await this.#ask({ kind: 'extract', ...request }, signal)) as StoredMetadata;
  }

  /** Calls a plugin function; its answer is of the kind's type, the thread has checked that. @param signal - as of {@link Batcher.ask} */
  async call(request: CallRequest, signal?: AbortSignal): Promise<boolean | string | null> {
    return (await this.#ask(request, signal)) as boolean | string | null;
  }

  /** Ends the threads at once; what they are at, and what waits, is POOL_CLOSED. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#batcher.close(poolClosed());
    await this.#pool.destroy();
  }

  async #ask(request: PluginRequest, signal: AbortSignal | undefined): Promise<unknown> {
    const answer = await this.#batcher.ask(request, laneOf(request), signal);
    if (answer.ok) return answer.value;
    throw CarbonationError.fromPlain(answer.error);
  }

  /** Sends a message; the requests that must be asked again by themselves. */
  async #send(batch: readonly PendingPlugin[]): Promise<readonly PendingPlugin[]> {
    const caution = this.#caution;
    const [first] = batch;
    if (caution === null || first === undefined || !batch.some(({ request }) => caution.concerns(request)))
      return this.#sendNow(batch);
    if (batch.length > 1) return batch;
    const again = await caution.ask(first.request, () => this.#sendNow(batch));
    if (again !== null) return again;
    const { name } = first.request;
    const message = `${name} ended the whole process, several times in a row`;
    first.resolve({ ok: false, error: new CarbonationError('EXTRACT_CRASHED', message).toPlain() });
    return [];
  }

  async #sendNow(batch: readonly PendingPlugin[]): Promise<readonly PendingPlugin[]> {
    const progress = new SharedArrayBuffer(4);
    const counter = new Int32Array(progress);
    const abort = new AbortController();
    const stopWatching = this.#watch(counter, abort);
    try {
      const requests = batch.map(({ request }) => request);
      const answers = await this.#pool.run(
        { requests, timeoutMs: this.#timeoutMs, progress },
        { name: 'work', signal: abort.signal },
      );
      const late: PendingPlugin[] = [];
      for (const [i, pending] of batch.entries()) {
        const answer = answers[i];
        if (answer === undefined) pending.reject(new CarbonationError('INTERNAL', 'no answer of a plugin thread'));
        else if (answer === null) late.push(pending);
        else pending.resolve(answer);
      }
      return late;
    } catch (error) {
      return this.#blame(batch, Atomics.load(counter, 0), abort.signal.aborted, error);
    } finally {
      stopWatching();
    }
  }

  /** Answers the request that took the thread down, if there is no doubt which one it was; else asks all again. */
  #blame(batch: readonly PendingPlugin[], count: number, isStuck: boolean, error: unknown): readonly PendingPlugin[] {
    const [first] = batch;
    if (count === notBegun || first === undefined || this.#isClosed) {
      const why = isStuck ? `not within ${startMs / 1000} s` : messageOf(error);
      const failure = this.#isClosed
        ? poolClosed()
        : new CarbonationError('WORKER_CRASHED', `a plugin thread did not start: ${why}`, { cause: error });
      for (const { reject } of batch) reject(failure);
      return [];
    }
    if (batch.length > 1) return batch;
    first.resolve({ ok: false, error: this.#verdict(first.request, isStuck, error).toPlain() });
    return [];
  }

  #verdict(request: PluginRequest, isStuck: boolean, error: unknown): CarbonationError {
    if (isStuck)
      return new CarbonationError(
        'EXTRACT_TIMEOUT',
        `${request.name} did not return within ${this.#timeoutMs / 1000} s`,
      );
    return new CarbonationError('EXTRACT_CRASHED', `${request.name} ended its thread: ${messageOf(error)}`, {
      cause: error,
    });
  }

  /** Ends the thread when for longer than the time limit nothing has been started or finished. */
  #watch(counter: Int32Array, abort: AbortController): () => void {
    let last = notBegun;
    let since = performance.now();
    const timer = setInterval(
      () => {
        const now = Atomics.load(counter, 0);
        if (now !== last) {
          last = now;
          since = performance.now();
        } else if (performance.now() - since > (now === notBegun ? startMs : this.#timeoutMs + graceMs)) abort.abort();
      },
      Math.max(50, Math.min(1000, this.#timeoutMs / 4)),
    );
    timer.unref();
    return () => clearInterval(timer);
  }
}

/** An extractor that is slow with the files of one watch holds up no other; other functions do not know of watches. */
function laneOf(request: PluginRequest): string {
  const whose = request.kind === 'extract' ? request.watchName : '';
  return [request.kind, request.name, whose].join('\0');
}
