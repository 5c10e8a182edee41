import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { FixedQueue, Piscina } from 'piscina';

/** Which of its functions a thread runs, and what ends it meanwhile. */
export interface ThreadCall {
  readonly name: string;
  readonly signal?: AbortSignal;
}

type Task = Parameters<FixedQueue['push']>[0];

/** Who waits for an answer: as what it has waited for a thread, and which one has it. */
interface Asked {
  task: Task | null;
  threadId: number | null;
  readonly reject: (error: unknown) => void;
}

/** What waits for a thread, and who has asked for it: piscina forgets what it has no thread for. */
class Waiting extends FixedQueue {
  readonly #asked = new WeakMap<Task, Asked>();
  /** Whose message is being given to a thread. */
  current: Asked | null = null;

  override push(task: Task): void {
    if (this.current !== null) {
      this.current.task = task;
      this.#asked.set(task, this.current);
    }
    super.push(task);
  }

  override shift(): Task | null {
    const task = super.shift();
    this.current = (task && this.#asked.get(task)) ?? null;
    return task;
  }

  /** Rejects what waits. */
  rejectAll(error: unknown): void {
    while (this.shift() !== null) this.current?.reject(error);
    this.current = null;
  }
}

/**
 * Threads of one kind: one message each at a time, and none while there is nothing to do. Whatever is asked of them is answered or
 * rejected, also when no thread can be started, or one ends.
 */
export class ThreadPool<Request, Answer> {
  readonly #pool: Piscina<Request, Answer>;
  readonly #waiting = new Waiting();
  /** What has ended a thread that had not begun anything. */
  #failure: unknown = null;
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
      loadBalancer: (_task, threads) => {
        const idle = threads.find(({ currentUsage }) => currentUsage === 0) ?? null;
        if (this.#waiting.current !== null) this.#waiting.current.threadId = idle?.id ?? null;
        return idle;
      },
      ...(data !== undefined && { workerData: data }),
    });
    // What ends an idle thread ends no request; without a listener it would end the process.
    this.#pool.on('error', (error) => void (this.#failure = error));
    this.#pool.on('workerDestroy', () => setImmediate(() => this.#rejectWaiting()));
  }

  /** A thread that ends before it has begun leaves what waits for it, and piscina says nothing to that. */
  #rejectWaiting(): void {
    if (this.hasThread) return;
    this.#waiting.rejectAll(this.#failure ?? new Error('the thread has ended before it had begun'));
    this.#failure = null;
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
  run(message: Request, { name, signal }: ThreadCall): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new Error('the threads have been stopped');
      const asked: Asked = { task: null, threadId: null, reject };
      this.#waiting.current = asked;
      let answer: Promise<Answer>;
      try {
        // Without the signal: with it piscina lets a message wait where nobody can take it out again, and rejects it later, when
        // nobody hears of that.
        answer = this.#pool.run(message, { name });
      } catch (error) {
        // No thread can be started: the message would wait for one of which nobody hears any more.
        this.#takeOut(asked);
        throw noThread(error);
      } finally {
        this.#waiting.current = null;
      }
      const end = (): void => this.#end(asked);
      signal?.addEventListener('abort', end, { once: true });
      answer.then(resolve, reject).finally(() => signal?.removeEventListener('abort', end));
    });
  }

  /** Ends the thread that has somebody's message, which then is rejected; if none has it, none gets it. */
  #end(asked: Asked): void {
    const { threadId, reject } = asked;
    if (threadId === null) {
      this.#takeOut(asked);
      reject(new Error('no thread has begun it in time'));
    } else void this.#pool.threads.find((thread) => thread.threadId === threadId)?.terminate();
  }

  #takeOut({ task }: Asked): void {
    if (task !== null) this.#waiting.remove(task);
  }

  /** Ends the threads at once, and starts none any more. */
  async destroy(): Promise<void> {
    this.#isClosed = true;
    await this.#pool.destroy();
  }
}

/** What is thrown when no thread can be started: where the system refuses one more, also where its limit stands. */
function noThread(cause: unknown): unknown {
  if (!(cause instanceof Error && 'code' in cause && cause.message.endsWith('EAGAIN'))) return cause;
  const message = `no thread can be started: ${cause.message} (raise the limit of processes: TasksMax= of systemd, --pids-limit of a container, ulimit -u)`;
  return Object.assign(new Error(message, { cause }), { code: cause.code });
}

/** The environment of a thread: this process's, and its compile cache, which threads do not share by themselves. */
function threadEnvironment(): NodeJS.ProcessEnv {
  const directory = getCompileCacheDir();
  // What is asked for is the directory above that of this version of Node.
  return directory === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(directory) };
}
