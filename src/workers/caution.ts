import { stableKey, type Clock } from '../core/index.ts';
import type { PluginRequest } from './messages.ts';

/** What is on record about the plugin's part in ends of the process. */
export interface AskedRecord {
  /** The request that a thread was at, by its key; null: none, or nobody noted it. */
  readonly asked: string | null;
  /** How many times in a row the process ended while it was at a request, by its key. */
  readonly ended: Readonly<Record<string, number>>;
  /** Until then each request is asked by itself and noted before; ms since 1970. */
  readonly carefulUntil: number;
}

const nothingAsked: AskedRecord = { asked: null, ended: {}, carefulUntil: 0 };

/** A record as it was stored; what cannot be read tells of nothing. */
export function readAsked(text: string | null): AskedRecord {
  try {
    const { asked, ended, carefulUntil }: Partial<AskedRecord> = JSON.parse(text ?? '{}');
    return { asked: asked ?? null, ended: ended ?? {}, carefulUntil: carefulUntil ?? 0 };
  } catch {
    return nothingAsked;
  }
}

/** How long requests are asked one by one after the process ended without a word, in ms. */
const carefulMs = 60 * 60 * 1000;

/** It ended so many times while it was at one request: that was no accident. A power failure would have to come twice, too. */
const tooOften = 2;

/** Requests that are remembered at most. */
const mostRemembered = 1000;

/** What is to be on record when a process finds that the one before it ended without a word. */
export function afterAnEnd({ asked, ended }: AskedRecord, now: number): AskedRecord {
  const counted = asked === null ? ended : { ...ended, [asked]: (ended[asked] ?? 0) + 1 };
  const kept = Object.entries(counted).slice(-mostRemembered);
  return { asked: null, ended: Object.fromEntries(kept), carefulUntil: now + carefulMs };
}

/**
 * Finds out which request ends the whole process, as a native module of the plugin can: nobody is left to say so, and the next
 * process would come to it again. After such an end requests are asked one by one, and what is asked is on record before. One at
 * which the process ends again and again costs its group a try, as if it had ended its thread only, and holds up nobody else.
 */
export class Caution {
  readonly #ended: Map<string, number>;
  readonly #carefulUntil: number;
  readonly #clock: Clock;
  readonly #record: (asked: AskedRecord) => Promise<void>;
  #turn: Promise<unknown> = Promise.resolve();
  /** Requests whose turn is still to come. */
  #waiting = 0;

  /** @param record - puts what is asked on record; where it cannot, it is asked all the same */
  constructor(former: AskedRecord, clock: Clock, record: (asked: AskedRecord) => Promise<void>) {
    this.#ended = new Map(Object.entries(former.ended));
    this.#carefulUntil = former.carefulUntil;
    this.#clock = clock;
    this.#record = record;
  }

  /** Whether a request is to be asked by {@link alone}. */
  concerns(request: PluginRequest): boolean {
    return this.#isCareful || (this.#ended.size > 0 && this.#ended.has(keyOf(request)));
  }

  get #isCareful(): boolean {
    return this.#clock.now() < this.#carefulUntil;
  }

  /** Asks while no other such request is asked; null: it is not asked this time, because it has ended the process too often. */
  async alone<Answer>(request: PluginRequest, ask: () => Promise<Answer>): Promise<Answer | null> {
    this.#waiting += 1;
    const answer = this.#turn.then(() => this.#ask(request, ask));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #ask<Answer>(request: PluginRequest, ask: () => Promise<Answer>): Promise<Answer | null> {
    this.#waiting -= 1;
    const key = keyOf(request);
    const ended = this.#ended.get(key) ?? 0;
    if (ended >= tooOften) {
      // The try after this one is another chance. Which group a file is in is asked a minute later, and without a last try.
      if (request.kind !== 'group' || !this.#isCareful) this.#ended.set(key, tooOften - 1);
      await this.#note(null);
      return null;
    }
    await this.#note(key);
    const answer = await ask();
    this.#ended.delete(key);
    // The next one takes its place on record at once: whoever has much to ask waits for the disk only once each.
    if (this.#waiting === 0) await this.#note(null);
    return answer;
  }

  async #note(asked: string | null): Promise<void> {
    const record = { asked, ended: Object.fromEntries(this.#ended), carefulUntil: this.#carefulUntil };
    // That the database is away is found out, and waited for, by others.
    await this.#record(record).catch(() => undefined);
  }
}

/** The same in each process: a group's files are asked about in the order in which they came. */
function keyOf(request: PluginRequest): string {
  const { kind, name } = request;
  if (kind === 'extract') return stableKey(kind, name, ...request.files.toSorted());
  return stableKey(kind, name, JSON.stringify([request.filePath, request.metadata, request.kwargs]));
}
