/** A handle to cancel a timer with. */
export interface Timer {
  cancel(): void;
}

/**
 * The program's only source of time. `now` is the wall clock for what is stored
 * and shown; `monotonic` never jumps and is what intervals are measured with.
 * Only what measures how long its own work takes asks `performance` itself.
 */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`; a pending timer does not keep the process alive by itself. */
  after(delayMs: number, run: () => void): Timer;
}

/** The longest delay a Node timer can take; longer ones fire at once, and an interval would without a pause. */
export const longestDelayMs = 2_147_483_647;

/** The computer's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, Math.min(Math.max(0, delayMs), longestDelayMs));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after so many ms. */
export function pause(clock: Pick<Clock, 'after'>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/** An answer; null: there is none yet after so many ms, and nobody waits for it any more. */
export function inTime<Answer>(
  clock: Pick<Clock, 'after'>,
  ms: number,
  answer: Promise<Answer>,
): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const limit = clock.after(ms, () => resolve(null));
    answer.then(resolve, reject).finally(() => limit.cancel());
  });
}

/** Calls `run` again and again, by the computer's own clock, until that is cleared; does not keep the process alive by itself. */
export function every(ms: number, run: () => void): NodeJS.Timeout {
  return setInterval(run, Math.min(ms, longestDelayMs)).unref();
}

/** As the work does, and keeps the process alive until it is over: timers of a {@link Clock} do not. */
export async function keepingAlive<Result>(work: () => Promise<Result>): Promise<Result> {
  const alive = setInterval(() => undefined, 60_000);
  try {
    return await work();
  } finally {
    clearInterval(alive);
  }
}

/** Timers as XState asks for them, capped: an interval that long may as well end a little early. */
export const cappedTimers = {
  setTimeout: (run: () => void, delayMs: number) => setTimeout(run, Math.min(delayMs, longestDelayMs)),
  clearTimeout: (timer: NodeJS.Timeout) => clearTimeout(timer),
};
