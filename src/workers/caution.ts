import { stableKey, type Clock } from '../core/index.ts';
import type { PluginRequest } from './messages.ts';

/** What is on record about the plugin's part in ends of the process. */
export interface AskedRecord {
  /** The requests that threads were at, by their keys; none: nobody noted them. */
  readonly asked: readonly string[];
  /** How many times in a row the process ended while it was at a request, by its key. */
  readonly ended: Readonly<Record<string, number>>;
  /** Until then each request is a message of its own and noted before; ms since 1970. */
  readonly carefulUntil: number;
}

const nothingAsked: AskedRecord = { asked: [], ended: {}, carefulUntil: 0 };

/** A record as it was stored; what cannot be read tells of nothing. */
export function readAsked(text: string | null): AskedRecord {
  try {
    const { asked, ended, carefulUntil }: Partial<AskedRecord> = JSON.parse(text ?? '{}');
    return { asked: Array.isArray(asked) ? asked : [], ended: ended ?? {}, carefulUntil: carefulUntil ?? 0 };
  } catch {
    return nothingAsked;
  }
}

/** How long requests are noted after the process ended without a word, in ms. */
const carefulMs = 60 * 60 * 1000;

/** It ended so many times while it was at one request: that was no accident. A power failure would have to come twice, too. */
const tooOften = 2;

/** Requests that are remembered at most. */
const mostRemembered = 1000;

/** What is to be on record when a process finds that the one before it ended without a word. */
export function afterAnEnd({ asked, ended }: AskedRecord, now: number): AskedRecord {
  const counted = { ...ended, ...Object.fromEntries(asked.map((key) => [key, (ended[key] ?? 0) + 1])) };
  const kept = Object.entries(counted).slice(-mostRemembered);
  return { asked: [], ended: Object.fromEntries(kept), carefulUntil: now + carefulMs };
}

/**
 * Finds out which request ends the whole process, as a native module of the plugin can: nobody is left to say so, and the next
 * process would come to it again. After such an end each request is a message of its own, and what is asked is on record before.
 * Requests at which a process ended are asked one after the other. One at which it ends again and again costs its group a try,
 * as if it had ended its thread only, and holds up nobody else.
 */
export class Caution {
  readonly #ended: Map<string, number>;
  readonly #carefulUntil: number;
  readonly #clock: Clock;
  readonly #record: (asked: AskedRecord) => Promise<void>;
  /** What is asked now, or is about to be. */
  readonly #asked = new Set<string>();
  /** The turns of those at which a process ended. */
  #turn: Promise<unknown> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();
  /** What is put on record once that is done. */
  #next: Promise<void> | null = null;

  /** @param record - puts what is asked on record; where it cannot, it is asked all the same */
  constructor(former: AskedRecord, clock: Clock, record: (asked: AskedRecord) => Promise<void>) {
    this.#ended = new Map(Object.entries(former.ended));
    this.#carefulUntil = former.carefulUntil;
    this.#clock = clock;
    this.#record = record;
  }

  /** Whether a request is to be asked by {@link ask}. */
  concerns(request: PluginRequest): boolean {
    return this.#isCareful || (this.#ended.size > 0 && this.#ended.has(keyOf(request)));
  }

  get #isCareful(): boolean {
    const leftMs = this.#carefulUntil - this.#clock.now();
    // More than is ever left is of a clock that was ahead.
    return leftMs > 0 && leftMs <= carefulMs;
  }

  /** Asks, on record; null: it is not asked this time, because it has ended the process too often. */
  async ask<Answer>(request: PluginRequest, ask: () => Promise<Answer>): Promise<Answer | null> {
    const key = keyOf(request);
    if (!this.#ended.has(key)) return this.#askNow(key, ask);
    const answer = this.#turn.then(() => this.#askSuspect(request.kind, key, ask));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #askSuspect<Answer>(
    kind: PluginRequest['kind'],
    key: string,
    ask: () => Promise<Answer>,
  ): Promise<Answer | null> {
    if ((this.#ended.get(key) ?? 0) < tooOften) return this.#askNow(key, ask);
    // The try after this one is another chance. Which group a file is in is asked a minute later, and without a last try.
    if (kind !== 'group' || !this.#isCareful) this.#ended.set(key, tooOften - 1);
    await this.#note();
    return null;
  }

  async #askNow<Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    this.#asked.add(key);
    await this.#note();
    const answer = await ask().finally(() => this.#asked.delete(key));
    this.#ended.delete(key);
    // Others that are asked then put that on record, too: whoever has much to ask waits for the disk only once each.
    if (this.#asked.size === 0) await this.#note();
    return answer;
  }

  /** Resolves when what is asked now is on record. One write at a time: a later one must not be overtaken. */
  #note(): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = null;
      const record = {
        asked: [...this.#asked],
        ended: Object.fromEntries(this.#ended),
        carefulUntil: this.#carefulUntil,
      };
      // That the database is away is found out, and waited for, by others.
      this.#writing = this.#record(record).catch(() => undefined);
      return this.#writing;
    });
    return this.#next;
  }
}

/** The same in each process: a group's files are asked about in the order in which they came. */
function keyOf(request: PluginRequest): string {
  const { kind, name } = request;
  if (kind === 'extract') return stableKey(kind, name, ...request.files.toSorted());
  return stableKey(kind, name, JSON.stringify([request.filePath, request.metadata, request.kwargs]));
}
