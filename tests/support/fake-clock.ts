import type { Clock, Timer } from '../../src/core/index.ts';

interface Pending {
  readonly dueAt: number;
  readonly run: () => void;
}

/** Turns of the event loop that let promises (also those of system calls) get on. */
const turns = 5;

/** A clock that stands still until it is told to go on; the wall clock can be set apart from it. */
export class FakeClock implements Clock {
  #monotonic = 1_000_000;
  #wall: number;
  readonly #pending = new Set<Pending>();

  /** @param wallMs - what the wall clock shows at the start */
  constructor(wallMs: number = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.#wall = wallMs;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(delayMs: number, run: () => void): Timer {
    const pending = { dueAt: this.#monotonic + Math.max(0, delayMs), run };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Timers that have not fired. */
  get timers(): number {
    return this.#pending.size;
  }

  /** Sets the wall clock forward or back; time as such does not pass. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** Lets time pass: what becomes due meanwhile runs in order, each at its moment, what is due at the same one together. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    for (;;) {
      await settleDown();
      const next = this.#next(end);
      if (next.length === 0) break;
      this.#pass(Math.max(0, (next[0]?.dueAt ?? end) - this.#monotonic));
      for (const pending of next) if (this.#pending.delete(pending)) pending.run();
    }
    this.#pass(end - this.#monotonic);
  }

  /** What is due first, if it is by then, in the order in which it was asked for. */
  #next(end: number): readonly Pending[] {
    let first: Pending[] = [];
    for (const pending of this.#pending) {
      const soonest = first[0]?.dueAt ?? end;
      if (pending.dueAt > soonest) continue;
      if (pending.dueAt < soonest) first = [];
      first.push(pending);
    }
    return first;
  }

  #pass(ms: number): void {
    this.#monotonic += ms;
    this.#wall += ms;
  }
}

/** Lets everything run that waits for no time. */
async function settleDown(): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
