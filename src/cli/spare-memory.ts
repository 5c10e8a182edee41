import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How often it is looked whether the service has been idle since the last time, in ms. */
const lookEveryMs = 20_000;
/** When that is looked for the first time: what loading the program took is garbage soon, and often nothing is delivered at once. */
const firstLookMs = 5000;

/** Keeps a service that has nothing to do small. */
export interface SpareMemory {
  /** Something is being done: nothing is given back for a while. */
  readonly isBusy: () => void;
  readonly dispose: () => void;
}

/**
 * Gives memory back to the system when nothing has been done for a while: V8
 * keeps what the start and each burst of work took until it collects again,
 * which an idle program never makes it do.
 *
 * @param collect - gives back what it can; by default V8's collection of last resort, some 50 ms
 * @param everyMs - how long nothing must have been done; at the start `firstMs`
 */
export function spareMemory(
  collect: () => void = lastResort,
  everyMs: number = lookEveryMs,
  firstMs: number = firstLookMs,
): SpareMemory {
  let hasWorked = false;
  let isSpare = false;
  const look = (): void => {
    const wasIdle = !hasWorked;
    hasWorked = false;
    if (!wasIdle || isSpare) return;
    isSpare = true;
    collect();
  };
  let timer = setTimeout(() => {
    look();
    timer = setInterval(look, everyMs);
    timer.unref();
  }, firstMs);
  timer.unref();
  return {
    isBusy: () => {
      hasWorked = true;
      isSpare = false;
    },
    // Of either kind.
    dispose: () => clearTimeout(timer),
  };
}

/** There is no other way to ask for it from within: https://nodejs.org/api/v8.html#v8setflagsfromstringflags */
function lastResort(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof gc === 'function') gc({ type: 'major', flavor: 'last-resort' });
}
