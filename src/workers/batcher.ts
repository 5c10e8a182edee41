import type { Place, Places } from './places.ts';

/** One request on its way, with its answer's destination. */
export interface Pending<Request, Answer> {
  readonly request: Request;
  /** Whose it is: what is slow for one does not hold up the others. */
  readonly lane: string;
  /** Aborted: nobody waits for the answer any more; absent: somebody does. */
  readonly signal?: AbortSignal | undefined;
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
 *
 * Requests of a lane whose last message was slow have messages of their own. They get half of the time where others wait, one lane
 * after the other: thousands of them hold up nobody for longer than a few of them take.
 */
export class Batcher<Request, Answer> {
  readonly #options: BatcherOptions<Request, Answer>;
  #queue: Pending<Request, Answer>[] = [];
  readonly #alone: Pending<Request, Answer>[] = [];
  /** What waits in slow lanes, that whose turn comes next first. One is left as soon as a message of it was quick. */
  readonly #slow = new Map<string, SlowLane<Request, Answer>>();
  #size: number;
  #isScheduled = false;
  /** How long messages of what is quick may take, in ms, before it is the others' turn: as long as theirs took. */
  #credit = 0;
  #isAlonesTurn = false;
  #closedBy: Error | null = null;

  constructor(options: BatcherOptions<Request, Answer>) {
    this.#options = options;
    this.#size = Math.min(firstSize, options.batchSize);
  }

  /**
   * Asks for one answer; rejects as the message does, or with the reason given to {@link close}.
   *
   * @param lane - whose request it is, such as the name of a watch
   * @param signal - aborted: what has not been sent is not, and rejects
   */
  ask(request: Request, lane = '', signal?: AbortSignal): Promise<Answer> {
    if (this.#closedBy !== null) return Promise.reject(this.#closedBy);
    return new Promise((resolve, reject) => {
      (this.#slow.get(lane)?.requests ?? this.#queue).push({ request, lane, signal, resolve, reject });
      this.#schedule();
    });
  }

  /** Rejects what waits and whatever still comes. */
  close(reason: Error): void {
    this.#closedBy = reason;
    const slow = [...this.#slow.values()].flatMap(({ requests }) => requests.splice(0));
    for (const { reject } of [...this.#queue.splice(0), ...this.#alone.splice(0), ...slow]) reject(reason);
  }

  get #hasWaiting(): boolean {
    return this.#queue.length > 0 || this.#alone.length > 0 || this.#nextSlow() !== null;
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
    const { batch, size, kind } = this.#next();
    if (batch.length === 0) {
      // None of its kind was wanted any more, which says nothing of how long it takes.
      this.#credit = 0;
      place.release();
      return;
    }
    const start = performance.now();
    const unanswered = await this.#options.send(batch);
    const took = performance.now() - start;
    this.#credit = kind === 'quick' ? this.#credit - took : took;
    this.#judge(batch, size, kind === 'slow', took);
    if (this.#closedBy === null) this.#alone.push(...unanswered);
    else for (const { reject } of unanswered) reject(this.#closedBy);
    place.release();
    if (this.#hasWaiting) this.#schedule();
  }

  /** In turns, so that neither what may hang once more, nor what is slow, nor what is new holds up the others. */
  #next(): { batch: Pending<Request, Answer>[]; size: number; kind: 'quick' | 'alone' | 'slow' } {
    const slow = this.#nextSlow();
    const size = this.#size;
    const hasOthers = this.#alone.length > 0 || slow !== null;
    const isOthersTurn = hasOthers && (this.#queue.length === 0 || this.#credit <= 0);
    if (!isOthersTurn) return { batch: takeWanted(this.#queue, size), size, kind: 'quick' };
    // Until it is known how long it takes.
    this.#credit = slowMs;
    this.#isAlonesTurn = this.#alone.length > 0 && (slow === null || !this.#isAlonesTurn);
    if (this.#isAlonesTurn || slow === null) return { batch: takeWanted(this.#alone, 1), size, kind: 'alone' };
    const [lane, waiting] = slow;
    // Behind the others.
    this.#slow.delete(lane);
    this.#slow.set(lane, waiting);
    return { batch: takeWanted(waiting.requests, waiting.size), size: waiting.size, kind: 'slow' };
  }

  #nextSlow(): readonly [string, SlowLane<Request, Answer>] | null {
    for (const one of this.#slow) if (one[1].requests.length > 0) return one;
    return null;
  }

  /** @param size - how large the message might have been */
  #judge(batch: readonly Pending<Request, Answer>[], size: number, isSlow: boolean, took: number): void {
    const half = Math.max(1, Math.floor(size / 2));
    const isQuick = took < quickMs;
    if (took > slowMs && !isSlow) this.#size = half;
    if (took > slowMs) for (const lane of new Set(batch.map((one) => one.lane))) this.#slowDown(lane, half);
    else if (isQuick && isSlow) for (const { lane } of batch.slice(0, 1)) this.#quicken(lane);
    else if (isQuick && batch.length === size) this.#size = Math.min(this.#options.batchSize, size * growth);
  }

  #slowDown(lane: string, size: number): void {
    const slow = this.#slow.get(lane);
    if (slow === undefined) {
      const { own = [], others = [] } = Object.groupBy(this.#queue, (one) => (one.lane === lane ? 'own' : 'others'));
      this.#queue = others;
      this.#slow.set(lane, { size, requests: own });
    } else slow.size = Math.min(slow.size, size);
  }

  #quicken(lane: string): void {
    const slow = this.#slow.get(lane);
    this.#slow.delete(lane);
    if (slow !== undefined) this.#queue = [...this.#queue, ...slow.requests];
  }
}

/**
 * Takes up to `most` requests out of those that wait, and drops those before them that nobody wants any more: files that change while
 * they wait are asked about anew each time, and all that had been asked before would have to be done first.
 */
function takeWanted<Request, Answer>(waiting: Pending<Request, Answer>[], most: number): Pending<Request, Answer>[] {
  const wanted: Pending<Request, Answer>[] = [];
  let seen = 0;
  for (const pending of waiting) {
    if (wanted.length >= most) break;
    seen += 1;
    if (pending.signal?.aborted === true) pending.reject(pending.signal.reason);
    else wanted.push(pending);
  }
  waiting.splice(0, seen);
  return wanted;
}

/** A lane whose last message was slow. */
interface SlowLane<Request, Answer> {
  /** Requests of it in one message at most. */
  size: number;
  readonly requests: Pending<Request, Answer>[];
}
