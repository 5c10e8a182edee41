import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { FixedQueue, Piscina } from 'piscina';

/** Which of its functions a thread runs, and what ends it meanwhile. */
export interface ThreadCall {
  readonly name: string;
  readonly signal?: AbortSignal;
}

type Task = Parameters<FixedQueue['push']>[0];

/** What waits for a thread; piscina forgets to take out what it has no thread for. */
class Waiting extends FixedQueue {
  #last: Task | null = null;

  override push(task: Task): void {
    this.#last = task;
    super.push(task);
  }

  override unshift(task: Task): void {
    this.#last = task;
    super.unshift(task);
  }

  /** Takes out what came last. */
  dropLast(): void {
    if (this.#last !== null) this.remove(this.#last);
  }
}

/**
 * Threads of one kind: one message each at a time, and none while there is nothing to do. Whatever is asked of them is answered or
 * rejected, also when no thread can be started, or one ends.
 */
export class ThreadPool<Request, Answer> {
  readonly #pool: Piscina<Request, Answer>;
  readonly #waiting = new Waiting();
  #isClosed = false;

  /**
   * @param worker - the URL of their entry. It exports its functions by name, none as `default`: piscina loads it with
   *   `require`, and Node 24 ends the whole process when a thread is ended while it requires a module with a default export
   * @param data - what each is started with: the second part of its `workerData`
   */
  constructor(worker: URL, threads: number, data?: unknown) {
    this.#pool = new Piscina({
      filename: worker.href,
      env: threadEnvironment(),
      // What lives in a thread is a message or two, whose answers are garbage at once: left alone, V8 lets their young generation
      // grow to 67 MB a thread before it collects them, without being the faster for it.
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: 30_000,
      concurrentTasksPerWorker: 1,
      recordTiming: false,
      maxQueue: threads * 8,
      taskQueue: this.#waiting,
      ...(data !== undefined && { workerData: data }),
    });
    // What ends an idle thread ends no request; without a listener it would end the process.
    this.#pool.on('error', () => undefined);
    this.#pool.on('workerDestroy', () => setImmediate(() => this.#rejectWaiting()));
  }

  /** A thread that ends before it has begun leaves what waits for it, and piscina says nothing to that. */
  #rejectWaiting(): void {
    if (!this.hasThread && this.#pool.queueSize > 0) void this.#pool.destroy();
  }

  /** There is a thread, or one is being started. */
  get hasThread(): boolean {
    return this.#pool.threads.length > 0;
  }

  /**
   * Has a thread answer a message.
   *
   * @throws Error what the thread throws; why there is none
   */
  async run(message: Request, call: ThreadCall): Promise<Answer> {
    if (this.#isClosed) throw new Error('the threads have been stopped');
    let answer: Promise<Answer>;
    try {
      answer = this.#pool.run(message, call);
    } catch (error) {
      // No thread can be started: the message would wait for one of which nobody hears any more.
      this.#waiting.dropLast();
      throw error;
    }
    return answer;
  }

  /** Ends the threads at once, and starts none any more. */
  async destroy(): Promise<void> {
    this.#isClosed = true;
    await this.#pool.destroy();
  }
}

/** The environment of a thread: this process's, and its compile cache, which threads do not share by themselves. */
function threadEnvironment(): NodeJS.ProcessEnv {
  const directory = getCompileCacheDir();
  // What is asked for is the directory above that of this version of Node.
  return directory === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(directory) };
}
