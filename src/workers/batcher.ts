/** One request on its way, with its answer's destination. */
export interface Pending<Request, Answer> {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** How requests are gathered into messages. */
export interface BatcherOptions<Request, Answer> {
  /** Requests in one message at most. */
  readonly batchSize: number;
  /** Messages under way at once at most; further requests wait their turn. */
  readonly concurrency: number;
  /** Sends one message; answers its requests itself. Must not throw. */
  readonly send: (batch: readonly Pending<Request, Answer>[]) => Promise<void>;
}

/**
 * Gathers requests into messages: a message to a thread costs as much as the
 * work on a small file, so many files share one. Nothing waits for company: what
 * has gathered in one turn of the event loop goes as soon as a place is free.
 */
export class Batcher<Request, Answer> {
  readonly #options: BatcherOptions<Request, Answer>;
  readonly #queue: Pending<Request, Answer>[] = [];
  #underWay = 0;
  #isScheduled = false;

  constructor(options: BatcherOptions<Request, Answer>) {
    this.#options = options;
  }

  /** Requests that wait or are being worked on. */
  get depth(): number {
    return this.#queue.length + this.#underWay;
  }

  ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#queue.length === 0 || this.#underWay >= this.#options.concurrency) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      while (this.#queue.length > 0 && this.#underWay < this.#options.concurrency) this.#sendNext();
    });
  }

  #sendNext(): void {
    // Shared evenly among the free places, so that a small number of requests keeps every thread busy.
    const free = this.#options.concurrency - this.#underWay;
    const size = Math.min(this.#options.batchSize, Math.ceil(this.#queue.length / free));
    const batch = this.#queue.splice(0, size);
    this.#underWay += 1;
    void this.#options.send(batch).finally(() => {
      this.#underWay -= 1;
      this.#schedule();
    });
  }
}
