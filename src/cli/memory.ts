import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** How large the young generation of a service gets, in bytes, before it is made to stay as it is. */
const youngEnough = 32 * 1024 * 1024;

/**
 * How much of what lives may become garbage before V8 collects it, in percent. By itself it waits for 300: with 55 MB that live
 * the heap of a busy service takes 230 MB.
 */
const garbagePercent = 100;

const lookEveryMs = 200;

/** How V8 is asked and told; both hold for the whole process. */
export interface Heap {
  /** Bytes that the young generation takes. */
  readonly young: () => number;
  /** Sets an option that V8 reads each time its heap is about to grow. */
  readonly set: (flag: string) => void;
}

const v8Heap: Heap = {
  young: () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0,
  set: setFlagsFromString,
};

/**
 * Keeps what V8 takes beyond what lives small, for output that streams: left alone, its young generation grows to 128 MB and
 * the old one to another 100 MB before anything is collected, however little of it is still in use. Both are limits that V8
 * reads each time it is about to grow.
 */
export function collectEarly({ set }: Pick<Heap, 'set'> = v8Heap): void {
  set('--semi-space-growth-factor=1');
  set('--heap-growing-percent=30');
}

/** Bounds a heap. */
export interface BoundHeap {
  /** To be called whenever something is done; it looks now and then. A service that has nothing to do is not woken for it. */
  readonly hold: () => void;
  /** Leaves the heap alone until something is over: the start of threads. */
  readonly leaveAlone: (over: Promise<unknown>) => void;
}

/**
 * Bounds the heap of a service at work to about half of what V8 lets it take by itself, for a few percent of its CPU time.
 * The young generation is left to grow to a size that serves, and then held: there is no option that bounds it in a process
 * that has begun.
 *
 * While threads start it is left alone: with other options than those of its start V8 takes no code from a cache, neither
 * Node's nor the program's, and a thread compiles for a tenth of a second.
 *
 * @param now - ms, of a clock that never jumps
 */
export function boundHeap({ young, set }: Heap = v8Heap, now: () => number = () => performance.now()): BoundHeap {
  let starts = 0;
  let isBounded = false;
  let isHeld = false;
  let nextAt = 0;
  return {
    hold: () => {
      if (starts > 0 || isHeld) return;
      if (!isBounded) set(`--heap-growing-percent=${garbagePercent}`);
      isBounded = true;
      const at = now();
      if (at < nextAt) return;
      nextAt = at + lookEveryMs;
      if (young() < youngEnough) return;
      set('--semi-space-growth-factor=1');
      isHeld = true;
    },
    leaveAlone: (over) => {
      starts += 1;
      // As V8 has them by itself.
      if (isBounded) set('--heap-growing-percent=0');
      if (isHeld) set('--semi-space-growth-factor=2');
      isBounded = false;
      isHeld = false;
      nextAt = 0;
      const go = (): void => void (starts -= 1);
      over.then(go, go);
    },
  };
}
