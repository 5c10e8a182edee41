import type { Place, Places } from './places.ts';

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
  /** Where there is leave to send a message; further requests wait their turn. */
  readonly places: Places;
  /**
   * Sends one message and answers its requests itself, except those it returns:
   * each of them is asked again in a message of its own. Must not throw.
   */
  readonly send: (batch: readonly Pending<Request, Answer>[]) => Promise<readonly Pending<Request, Answer>[]>;
}

/**
 * Messages begin small, so that large work is shared among the threads. One that takes longer than `slowMs` is too large; `growth`
 * times a quick one is not.
 */
const firstSize = 4;
const slowMs = 1000;
const growth = 4;
const quickMs = slowMs / growth;

/**
 * Gathers requests into messages: a message to a thread costs as much as the
 * work on a small file, so many files share one. Nothing waits for company: what
 * has gathered in one turn of the event loop goes as soon as a place is free.
 */
export class Batcher<Request, Answer> {
  readonly #options: BatcherOptions<Request, Answer>;
  readonly #queue: Pending<Request, Answer>[] = [];
  readonly #alone: Pending<Request, Answer>[] = [];
  #size: number;
  #isScheduled = false;
  #isAlonesTurn = false;
  #closedBy: Error | null = null;

  constructor(options: BatcherOptions<Request, Answer>) {
    this.#options = options;
    this.#size = Math.min(firstSize, options.batchSize);
  }

  /** Asks for one answer; rejects as the message does, or with the reason given to {@link close}. */
  ask(request: Request): Promise<Answer> {
    if (this.#closedBy !== null) return Promise.reject(this.#closedBy);
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      this.#schedule();
    });
  }

  /** Rejects what waits and whatever still comes. */
  close(reason: Error): void {
    this.#closedBy = reason;
    for (const { reject } of [...this.#queue.splice(0), ...this.#alone.splice(0)]) reject(reason);
  }

  get #hasWaiting(): boolean {
    return this.#queue.length > 0 || this.#alone.length > 0;
  }

  readonly #schedule = (): void => {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      while (this.#hasWaiting) {
        const place = this.#options.places.take(this.#schedule);
        if (place === null) return;
        void this.#sendNext(place);
      }
    });
  };

  async #sendNext(place: Place): Promise<void> {
    const size = this.#size;
    // In turns, so that neither what may hang once more nor what is new holds up the other.
    this.#isAlonesTurn = this.#alone.length > 0 && (this.#queue.length === 0 || !this.#isAlonesTurn);
    const batch = this.#isAlonesTurn ? this.#alone.splice(0, 1) : this.#queue.splice(0, size);
    const start = performance.now();
    const unanswered = await this.#options.send(batch);
    const took = performance.now() - start;
    if (took > slowMs) this.#size = Math.max(1, Math.floor(size / 2));
    else if (took < quickMs && batch.length === size) this.#size = Math.min(this.#options.batchSize, size * growth);
    if (this.#closedBy === null) this.#alone.push(...unanswered);
    else for (const { reject } of unanswered) reject(this.#closedBy);
    place.release();
    if (this.#hasWaiting) this.#schedule();
  }
}
