import { Piscina } from 'piscina';
import type { StoredMetadata } from '../core/index.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import type { PluginLocation } from '../plugin/index.ts';
import { Batcher, type Pending } from './batcher.ts';
import type { CallRequest, ExtractRequest, PluginAnswer, PluginBatch, PluginRequest } from './messages.ts';
import { closePool, poolClosed } from './pool-end.ts';
import { workerUrl } from './worker-url.ts';

const requestsPerMessage = 16;

/** How much longer than its own time limit a request may hold its thread before the thread is ended. */
const graceMs = 500;

/** How long a thread may take to start and to load the plugin. */
const startMs = 60_000;

/** The place of a thread that has not begun with a request yet. */
const notBegun = -1;

type PendingPlugin = Pending<PluginRequest, PluginAnswer>;

/**
 * The threads that run a plugin's code. A function that hangs or ends its thread
 * costs that thread: the pool finds out which request it was, fails that one
 * alone, and asks the others of its message again.
 */
export class PluginPool {
  readonly #pool: Piscina<PluginBatch, readonly PluginAnswer[]>;
  readonly #timeoutMs: number;
  readonly #batcher: Batcher<PluginRequest, PluginAnswer>;
  #isClosed = false;

  constructor(threads: number, location: PluginLocation, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#pool = new Piscina({
      filename: workerUrl('plugin.worker'),
      workerData: location,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: 30_000,
      concurrentTasksPerWorker: 1,
      maxQueue: threads * 8,
    });
    // What ends an idle thread (an error thrown after the answer) ends no request; unheard it would end the process.
    this.#pool.on('error', () => undefined);
    this.#batcher = new Batcher({
      batchSize: requestsPerMessage,
      concurrency: threads,
      send: (batch) => this.#send(batch),
    });
  }

  /** Requests that wait or are being worked on, in messages. */
  get depth(): number {
    return this.#batcher.depth;
  }

  /**
   * Extracts a group's metadata.
   *
   * @throws CarbonationError EXTRACT_FAILED, EXTRACT_TIMEOUT, EXTRACT_CRASHED or EXTRACT_INVALID
   */
  async extract(request: Omit<ExtractRequest, 'kind'>): Promise<StoredMetadata> {
    // The thread has checked the result against the plugin's columns.
    return (await this.#ask({ kind: 'extract', ...request })) as StoredMetadata;
  }

  /** Calls a plugin function; its answer is of the kind's type, the thread has checked that. */
  async call(request: CallRequest): Promise<boolean | string | null> {
    return (await this.#ask(request)) as boolean | string | null;
  }

  /** Lets running messages finish, for at most `timeoutMs`, and ends the threads. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    await closePool(this.#pool, timeoutMs);
  }

  async #ask(request: PluginRequest): Promise<unknown> {
    const answer = await this.#batcher.ask(request);
    if (answer.ok) return answer.value;
    throw CarbonationError.fromPlain(answer.error);
  }

  async #send(batch: readonly PendingPlugin[]): Promise<void> {
    let rest = batch;
    while (rest.length > 0) {
      // Each round ends at least one request; rounds cannot overlap because they share the thread's place.
      rest = await this.#round(rest);
    }
  }

  /** Sends a message; the requests that must be asked again because another one took the thread down. */
  async #round(batch: readonly PendingPlugin[]): Promise<readonly PendingPlugin[]> {
    const progress = new SharedArrayBuffer(4);
    const place = new Int32Array(progress);
    Atomics.store(place, 0, notBegun);
    const abort = new AbortController();
    const stopWatching = this.#watch(place, abort);
    try {
      const requests = batch.map(({ request }) => request);
      const answers = await this.#pool.run(
        { requests, timeoutMs: this.#timeoutMs, progress },
        { signal: abort.signal },
      );
      for (const [i, { resolve, reject }] of batch.entries()) {
        const answer = answers[i];
        if (answer === undefined) reject(new CarbonationError('INTERNAL', 'no answer of a plugin thread'));
        else resolve(answer);
      }
      return [];
    } catch (error) {
      return this.#blame(batch, Atomics.load(place, 0), abort.signal.aborted, error);
    } finally {
      stopWatching();
    }
  }

  /** Answers the request that took the thread down; the others. */
  #blame(batch: readonly PendingPlugin[], place: number, isStuck: boolean, error: unknown): readonly PendingPlugin[] {
    const culprit = batch[place];
    if (culprit === undefined || this.#isClosed) {
      const why = isStuck ? `not within ${startMs / 1000} s` : messageOf(error);
      const failure = this.#isClosed
        ? poolClosed()
        : new CarbonationError('WORKER_CRASHED', `a plugin thread did not start: ${why}`, { cause: error });
      for (const { reject } of batch) reject(failure);
      return [];
    }
    culprit.resolve({ ok: false, error: this.#verdict(culprit.request, isStuck, error).toPlain() });
    return batch.filter((pending) => pending !== culprit);
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

  /** Ends the thread when it stays at one request for longer than the time limit. */
  #watch(place: Int32Array, abort: AbortController): () => void {
    let last = notBegun;
    let since = performance.now();
    const timer = setInterval(
      () => {
        const now = Atomics.load(place, 0);
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
